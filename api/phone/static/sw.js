// Nothing of a person is kept on the phone: the worker only says that there is no network.

const OFFLINE = "/app/offline";
const KEPT = "sealbridge-1";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll([OFFLINE, "/app/static/app.css"])));
});

self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
});
