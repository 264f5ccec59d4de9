"use strict";
// OpenID Connect Session Management 1.0 §3.2: "client_id session_state" comes, "unchanged", "changed" or "error" goes.
const name = `${document.documentElement.dataset.cookie}=`;
const answer = async (data, origin) => {
  const [client, given, ...more] = typeof data === "string" ? data.split(" ") : [];
  const [, salt, ...rest] = (given || "").split(".");
  if (!client || !salt || more.length || rest.length) return "error";
  const cookie = document.cookie.split("; ").find((each) => each.startsWith(name));
  const state = cookie ? cookie.slice(name.length) : "";
  const bytes = new TextEncoder().encode(`${client} ${origin} ${state} ${salt}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex}.${salt}` === given ? "unchanged" : "changed";
};
addEventListener("message", async (event) => {
  if (event.source && event.source !== window) {
    event.source.postMessage(await answer(event.data, event.origin), event.origin);
  }
});
