// Login protect: this device has a key of its own, and signs that one login may be answered.

const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
const HERE = new URL("../", import.meta.url);
const text = new TextEncoder();

export class Refused extends Error {}
export class Offline extends Error {}

// A key pair whose private half no script can read. It is kept before we ask: an answer may be lost.
export function newKey() {
  return crypto.subtle.generateKey(ECDSA, false, ["sign"]);
}

// Tell the server the public key. `secret` is the device's, as a key of HMAC with SHA-256, and proves whose it is.
export async function register(pair, secret, username, issuer) {
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const members = JSON.stringify({ crv, kty, x, y }); // in this order: RFC 7638 §3
  const key = base64url(await crypto.subtle.digest("SHA-256", text.encode(members)));
  const mac = await crypto.subtle.sign("HMAC", secret, statement("register", issuer, username, key));
  return post("key", { username, x, y, mac: base64url(mac) });
}

// `purpose` is `release` or `stop`; `known` is what `register` gave, with the private key.
export async function ask(purpose, known, issuer) {
  const { challenge, until } = await post("challenge", { key: known.key });
  const said = statement(purpose, issuer, known.key, known.user, challenge, until);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, known.privateKey, said);
  return post(purpose, { key: known.key, challenge, until, signature: base64url(signature) });
}

function statement(purpose, ...about) {
  return text.encode(["masugata", purpose, ...about].join("\n"));
}

function base64url(buffer) {
  const letters = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function post(path, body) {
  let response;
  try {
    response = await fetch(new URL(path, HERE), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
    });
  } catch {
    throw new Offline();
  }
  // Who answers anything else is not the server, or not at its best: nothing is said of the key.
  if (response.status === 403) throw new Refused();
  if (!response.ok) throw new Offline();
  return response.json();
}
