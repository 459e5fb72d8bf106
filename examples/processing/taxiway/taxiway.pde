// Taxiway in Processing: the mouse moves two numbers of z and the truncation, keys do the rest, and
// the picture is fetched as fast as it comes. Needs the library oscP5 (Sketch > Import Library).
//
//   move: z 0 and 1    drag: truncation    r: another picture    1 to 8: presets    s: seed 7

import oscP5.*;
import netP5.*;

final String ADDRESS = "http://localhost:8000"; // where the terminal says Taxiway is
final int OSC_PORT = 57100;
final int BACK_PORT = 9000;

OscP5 osc;
NetAddress taxiway;
PImage shown, coming;
float truncation = 0.8;

void setup() {
  size(512, 512);
  osc = new OscP5(this, BACK_PORT);
  taxiway = new NetAddress("127.0.0.1", OSC_PORT);
  // What others move comes back to oscEvent, first of all how everything stands.
  send("/subscribe", BACK_PORT);
  ask();
}

void draw() {
  // A picture that is not here yet has no width; one that could not be fetched has -1.
  if (coming.width != 0) {
    if (coming.width > 0) shown = coming;
    ask();
  }
  if (shown != null) image(shown, 0, 0, width, height);
  fill(255);
  text("truncation " + nf(truncation, 1, 2), 12, height - 12);
}

void ask() {
  coming = requestImage(ADDRESS + "/frame.jpg?" + frameCount, "jpg");
}

void mouseMoved() {
  send("/z/0", map(mouseX, 0, width, -2, 2));
  send("/z/1", map(mouseY, 0, height, -2, 2));
}

void mouseDragged() {
  send("/truncation", map(mouseX, 0, width, 0, 1.2));
}

void keyPressed() {
  if (key == 'r') osc.send(new OscMessage("/random"), taxiway);
  if (key == 's') send("/seed", 7);
  if (key >= '1' && key <= '8') send("/preset", key - '0');
}

void send(String address, float value) {
  OscMessage message = new OscMessage(address);
  message.add(value);
  osc.send(message, taxiway);
}

void send(String address, int value) {
  OscMessage message = new OscMessage(address);
  message.add(value);
  osc.send(message, taxiway);
}

void oscEvent(OscMessage message) {
  if (message.checkAddrPattern("/truncation")) truncation = message.get(0).floatValue();
}
