// Keeps the app working without a network. VERSION and FILES stand above: what the server put there.
const CACHE = `token ${new URL("./", location).pathname} `;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE + VERSION);
    await cache.addAll(["./", "manifest.webmanifest", ...FILES]);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(CACHE) && name !== CACHE + VERSION);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(request.mode === "navigate" ? page(request) : file(request));
});

// The page as the server has it now, in the language asked for; without a network as it was.
async function page(request) {
  const cache = await caches.open(CACHE + VERSION);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(4000) });
    // A page that wants newer files than are kept is the next worker's to keep.
    if (response.ok && (await response.clone().text()).includes(VERSION)) await cache.put("./", response.clone());
    return response.status < 500 ? response : ((await cache.match("./")) ?? response);
  } catch {
    return (await cache.match("./")) ?? Response.error();
  }
}

// A file's address changes with its content: what is kept is what the server has.
async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}
