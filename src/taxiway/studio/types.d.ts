/**
 * What the studio's modules share, for the type checker alone: no browser loads this file.
 *
 * Fields, declarations and messages are as the server writes them (docs/datatypes.md, docs/wire.md).
 */

import type { Action } from "./actions.js";
import type { Asker } from "./asking.js";
import type { Connection } from "./connection.js";
import type { makeFiles } from "./files.js";
import type { Session } from "./session.js";
import type { Store } from "./store.js";

// Declarations: what a model takes and gives.

export interface BaseField {
  name: string;
  description?: string | null;
  optional?: boolean;
  default?: any;
  /** Those of one group are shown together, under its name. */
  group?: string;
}
export interface NumberField extends BaseField {
  type: "number";
  min?: number;
  max?: number;
  step?: number;
  /** Whether it is an integer. */
  whole?: boolean;
  /** What its values from `min` on are called. */
  names?: string[];
}
export interface TextField extends BaseField {
  type: "text";
  minLength?: number;
  maxLength?: number;
}
export interface BooleanField extends BaseField {
  type: "boolean";
}
export interface CategoryField extends BaseField {
  type: "category";
  oneOf: string[];
}
export interface ImageField extends BaseField {
  type: "image";
  channels?: number;
  defaultOutputFormat?: "JPEG" | "PNG";
}
export interface SegmentationField extends BaseField {
  type: "segmentation";
  labels: string[];
  labelToColor: Record<string, Colour>;
  defaultLabel: string;
  /** Those to paint with, where these are not all. */
  offered?: string[];
  width?: number;
  height?: number;
  minWidth?: number;
  minHeight?: number;
}
export interface VectorField extends BaseField {
  type: "vector";
  /** How many of them may be given at once, one for each layer. */
  rows?: number;
  length: number;
  samplingMean?: number;
  samplingStd?: number;
}
export interface FileField extends BaseField {
  type: "file";
  isDirectory?: boolean;
  extension?: string | null;
}
/** Numbers from 0 to 1, across and down. */
export interface PlacesField extends BaseField {
  type: "image_point" | "image_bounding_box" | "image_landmarks";
  /** How many landmarks. */
  length?: number;
  labels?: string[];
  connections?: [string, string][];
}
export interface ArrayField extends BaseField {
  type: "array";
  itemType: Field;
}
export interface AnyField extends BaseField {
  type: "any";
}

/** An input or output. */
export type Field =
  | AnyField
  | ArrayField
  | BooleanField
  | CategoryField
  | FileField
  | ImageField
  | NumberField
  | PlacesField
  | SegmentationField
  | TextField
  | VectorField;

/** Inputs, outputs, options or settings by name, as JSON carries them. */
export type Values = Record<string, any>;

export interface Declaration {
  name?: string;
  live?: boolean;
  inputs: Field[];
  outputs: Field[];
}

/** Red, green and blue from 0 to 255. */
export type Colour = [number, number, number];

// The store.

export type StateName = "offline" | "asleep" | "starting" | "running" | "failed";
export interface ModelState {
  name: StateName;
  message: string;
}
/** A model's card; a family may add to it. */
export type Card = Values & {
  name: string;
  title?: string;
  summary?: string;
  checkpoint?: string | null;
  /** Of its set-up, which whoever starts it may choose. */
  options?: Field[];
  /** Why it cannot be run. */
  error?: string;
  /** Pictures along an input's range, side by side, as data URIs by the input's name. */
  strips?: Record<string, string>;
  /** A sentence about a group of inputs, by its name. */
  groupNotes?: Record<string, string>;
};
/** The picture that is shown. */
export interface Picture {
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** Time in the model. */
  renderMs: number;
  /** Milliseconds from the change that made it to its drawing; null if the change was not ours. */
  age: number | null;
}
/** A point of a latent map. */
export interface Place {
  field_seed: number;
  x: number;
  y: number;
}
/** Where the vector comes from. */
export type Origin = { seed: number } | { noise: number } | Place;
/** How the page's own questions to `/query` do. */
export interface Asked {
  working: boolean;
  /** What the last one took. */
  ms: number | null;
  /** The input that was refused. */
  wrong: string | null;
}
/** What the model works on in parts, whoever asked for it. */
export interface Work {
  call: number;
  /** From 0 to 1; null where the model does not say. */
  progress: number | null;
  /** One sentence, or empty. */
  message: string;
  /** When it was first told how far it is, in ms of the page's clock, and how far that was. */
  from: { time: number; progress: number } | null;
  /** Breaks it off, where it is the page's own. */
  stop?: () => void;
}
/** Everything that panels show, by the key under which they follow it. */
export interface Contents {
  state: ModelState;
  model: Card | null;
  declaration: Declaration;
  /** Of the inputs other than the vector. */
  values: Values;
  /** The latent; edited in place, then announced. */
  vector: Float32Array;
  /** Null once the vector was edited. */
  origin: Origin | null;
  /** Inputs of a model that is not played live, as sent. */
  form: Values;
  /** What such a model answered last, whoever asked. */
  outputs: Values;
  asked: Asked;
  work: Work | null;
  /** Whether a walk moves the vector, whoever began it. */
  walk: boolean;
  /** Whether every output is black. */
  blackout: boolean;
  /** Whether brightness may change more than three times a second. */
  flashes: boolean;
  /** One sentence, empty when all is well. */
  error: string;
  picture: Picture | null;
  presets: Presets;
  movement: Movement;
  /** Where modulators have moved numbers to. */
  modulated: Values;
  /** What programs sent that does nothing, newest first. */
  notes: Note[];
  /** The address of the control that was touched last on this page, such as /z/3. */
  touched: string;
  /** A job whose form another panel asked to open. */
  job: { tool: string; inputs: Values } | null;
  /** A training that another panel asked to begin. */
  training: { tool: string; inputs: Values } | null;
  /** A model that a file told of, whose own files are still to be fetched. */
  toFetch: string;
  /** Who else moves an input just now, by its name. */
  movers: Record<string, string>;
}
/** A modulator at work; `targets` are the controls that it moves, by parts of their range. */
export interface Modulator {
  number: number;
  kind: string;
  settings: Values;
  targets: Record<string, number>;
  on: boolean;
}
/** What moves controls by itself. */
export interface Movement {
  modulators: Modulator[];
  bpm: number;
  /** What presets and walks wait for. */
  changes: string;
  held: boolean;
}
/** What can be gone back to. */
export interface Presets {
  /** `picture` is the name of a file, perhaps empty. */
  presets: { number: number; name: string; picture: string }[];
  /** Names of pictures, oldest first. */
  history: string[];
  /** What a fade usually takes. */
  seconds: number;
  curve: string;
  /** Whether one is under way. */
  fade: boolean;
  /** What could not be read of what was kept. */
  said: string;
  timeline: {
    keys: { picture: string; seconds: number; curve: string }[];
    tracks: Track[];
    seconds: number;
    /** The seconds of it that were shown last; while it plays, those of now. */
    at: number;
    loops: boolean;
    plays: boolean;
    /** Whether what hands move while it plays is recorded. */
    armed: boolean;
  };
}
/** What was recorded of a control; of numbers also which, to be drawn. */
export interface Track {
  name: string;
  times: number[];
  values: number[];
}
/** One of them, however often it came. */
export interface Note {
  protocol: string;
  /** Empty where unknown. */
  sender: string;
  words: string;
  count: number;
  /** When it came last, ms since 1970. */
  time: number;
}

// JSON messages of the socket (docs/wire.md).

export interface Hello {
  type: "hello";
  version: number;
  model: Card;
  /** Null before the model's first set-up. */
  info: Declaration | null;
  live: boolean;
  state: StateName;
  message: string;
  device: string | null;
  facts: Values;
  values: Values;
  origin: Origin | null;
  theirs?: string[];
  walk?: boolean;
  blackout?: boolean;
}
export type ServerMessage =
  | Hello
  | { type: "state"; state: StateName; message: string }
  | { type: "values"; values: Values; origin?: Origin | null; movers?: Record<string, string>; yours?: string[] }
  | { type: "output"; outputs: Values }
  | { type: "part"; call: number; outputs: Values; progress: number | null; message: string }
  | { type: "ended"; call: number }
  | { type: "walk"; on: boolean }
  | { type: "stopped" }
  | { type: "blackout"; on: boolean }
  | { type: "test"; seconds: number }
  | (Presets & { type: "presets" })
  | (Movement & { type: "movement" })
  | { type: "modulated"; values: Values }
  | { type: "shown"; signals: [string, number][] }
  | { type: "note"; protocol: string; sender: string; message: string; times: number }
  | { type: "error"; message: string; input: string | null; seq: number | null };

/** What carries the page's change counter and clock. */
export interface Stamp {
  seq: number;
  time: number;
}
export type PageMessage =
  | (Stamp & { type: "set"; values: Values })
  | (Stamp & { type: "seed"; seed: number })
  | (Stamp & Place & { type: "pick" })
  | (Stamp & { type: "signals"; signals: [string, number][] })
  | { type: "cancel_tiles" }
  | { type: "feedback"; on: boolean }
  | { type: "cancel" }
  | { type: "walk"; action: "stop" }
  | { type: "perform"; action: string; inputs: Values }
  | { type: "blackout"; on: boolean }
  | { type: "model"; action: "start" | "stop" };

// Binary messages of the socket (docs/wire.md).

/** What a server's binary message says. */
export interface Frame {
  kind: "frame" | "tile" | "vector";
  /** Of the payload; null for a vector, or a tile not rendered. */
  mime: string | null;
  /** Of the frame, or the tile request that this answers. */
  number: number;
  /** This page's newest change that is in it, 0 for none. */
  inputSeq: number;
  /** This page's clock when it sent that change, ms. */
  time: number;
  /** Pixels, or numbers in a row. */
  width: number;
  /** Pixels, or rows. */
  height: number;
  /** Changes overtaken since the frame before. */
  merged: number;
  /** Frame: bit 0 final; vector: bit 0 a w instead of a z. */
  flags: number;
  renderMs: number;
  encodeMs: number;
  payload: ArrayBuffer;
}

// Slots: docs/extending.md.

/** A file of a slot, once the page has tried to load it. */
export interface Loaded<Member> {
  name: string;
  member: Member | null;
  /** Why there is none, in a sentence. */
  error: string;
}

/** What every panel is given. */
export interface Studio {
  store: Store;
  session: Session;
  asker: Asker;
  connection: Connection;
  actions: Record<string, Action>;
  files: ReturnType<typeof makeFiles>;
}

/** A file in panels/, as its default export. */
export interface Panel {
  title: string;
  /** `stage` (the picture), `field` (beside it), `deck` (below it), or `side` (a tab, the default). */
  place?: "stage" | "field" | "deck" | "side";
  /** Where among the others of its place, lowest first; 100 by default. */
  order?: number;
  /** Whether it concerns this model; always, if absent. */
  shown?: (declaration: Declaration) => boolean;
  /** Whether it is for the owner only; a player's page says so in its place. */
  owner?: boolean;
  mount: (root: HTMLElement, studio: Studio) => void;
}

/** One input of a form, on the page. */
export interface Widget {
  element: HTMLElement;
  /** Called when the value changes, here or elsewhere. */
  show: (value: any) => void;
  /** Marks where a modulator has moved it; null: nowhere. */
  mark?: (value: number | null) => void;
  /** What a form sends of an input that nobody touched. */
  initial?: any;
  /** Whether it wants the whole width, below its name. */
  isWide?: boolean;
  /** Takes a file that was dropped or pasted. */
  take?: (file: File) => void;
  /** The picture, a data URI, that places are in. */
  over?: (picture: string | null) => void;
}

/** `change` takes null for "the default"; `reject` takes a sentence on what was given. */
export type Make<Suited extends Field = any> = (
  field: Suited,
  id: string,
  change: (value: any) => void,
  reject: (sentence: string) => void,
) => Widget;

/** A file in widgets/, as its default export. */
export interface WidgetType {
  /** Of several that suit a field the lowest is taken; 50 by default, Taxiway's own begin at 100. */
  order?: number;
  suits: (field: Field) => boolean;
  make: Make;
}

// Sinks and sources (docs/outputs.md).

/** How a sink or a source does. */
export interface Way {
  name: string;
  title: string;
  /** What the machine lacks for it, in a sentence, or empty. */
  needs: string;
  /** Of a sink: how a person comes to see it elsewhere. */
  seen?: string;
  settings: Field[];
  values: Values;
  state: "off" | "on" | "failed";
  message?: string;
  error: string;
  /** A second. */
  rate: number;
  dropped: number;
  /** Of a sink: whether it is there from the start, so that it cannot be stopped. */
  always?: boolean;
  address?: string;
  ageMs?: number | null;
  sent?: number;
  receivers?: number | null;
  /** Of a source: how much came in. */
  given?: number;
}

// The mapping (docs/mapping.md), and the addresses of GET /osc.

export interface Binding {
  from: string;
  to: string;
  range?: [number, number];
  gives?: [number, number];
  curve?: string;
  smoothing?: number;
  pickup?: boolean;
  /** How an endless encoder says by how much it was turned: twos, offset, signed; or empty. */
  relative?: string;
  note?: string;
}
export interface MappingState {
  /** When it was so, in seconds of the server's clock. */
  at: number;
  file: string | null;
  error: string;
  /** `turn` is where to turn a knob until it picks its value up: up, down or empty. */
  bindings: (Binding & { turn: string })[];
  /** Addresses that wait for a signal each. */
  learning: string[];
  /** The newest signals; `ago` in seconds. */
  heard: Record<string, { value: number; by: string; ago: number }>;
  /** Who moved an address last. */
  movers: Record<string, string>;
}
export interface OscAddress {
  address: string;
  /** OSC's letters; `f*512` for as many of one. */
  types: string;
  description: string;
  min: number | null;
  max: number | null;
  default: any;
  oneOf: string[];
  also: string[];
  /** How many numbers a vector has, else 0. */
  length: number;
  trigger: boolean;
  value: any;
  oscsend: string | null;
  python: string | null;
}

// What modules on the thread of the sound find there, which no library of types has.

declare global {
  const sampleRate: number;
  class AudioWorkletProcessor {
    readonly port: MessagePort;
  }
  function registerProcessor(name: string, kind: new () => AudioWorkletProcessor): void;
}

// The model manager (docs/control.md).

/** A running model. */
export interface RunningModel {
  name: string;
  title: string;
  state: StateName;
  port: number;
  path: string;
  info: Declaration | null;
}
export interface Chain {
  source: string;
  output: string;
  target: string;
  input: string;
}
/** A model on the Models screen; `bytes` is 0 where nobody has said. */
export interface ModelEntry {
  name: string;
  title: string;
  summary: string;
  family: string;
  task: string;
  origin: "taxiway" | "own" | "trained" | "fetched" | "catalogue";
  isHere: boolean;
  bytes: number;
  licence: string;
  licenceSource: string;
  /** Whether commerce is allowed; null where that is not known. */
  commercial: boolean | null;
  credit: string;
  data: string;
  bias: string;
  limits: string;
  /** Types of data. */
  takes: string[];
  gives: string[];
  /** Who ran it, a sentence. */
  tried: string;
  /** Why it cannot be run here, a sentence or "". */
  cannot: string;
  /** Whether there is one that it made. */
  hasPicture: boolean;
}
export interface GalleryState {
  models: ModelEntry[];
  /** Bytes that fetched models take. */
  held: number;
  /** Bytes that may still be taken. */
  free: number;
}
/** What the data folder at `path` takes, the largest first, in bytes. */
export interface DiskUse {
  path: string;
  free: number;
  parts: { name: string; bytes: number; about: string; removal: string; isRemade: boolean }[];
}
export interface ManagerState {
  models: Card[];
  running: RunningModel[];
  chains: Chain[];
}
