/** After the first visit the page needs no network: every file is kept, by the export's version. */

const [VERSION, FILES] = ["VERSION", ["FILES"]];
const NAME = `taxiway ${self.registration.scope} ${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const own = `taxiway ${self.registration.scope} `;
  const old = caches.keys().then((names) => names.filter((name) => name.startsWith(own) && name !== NAME));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const kept = caches.open(NAME).then((cache) => cache.match(event.request, { ignoreSearch: true }));
  event.respondWith(kept.then((found) => found ?? fetch(event.request)));
});
