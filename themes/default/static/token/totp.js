// One-time codes by time (RFC 6238), and the addresses by which secrets travel (otpauth).

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HASHES = { SHA1: "SHA-1", SHA256: "SHA-256", SHA512: "SHA-512" };

export class BadAddress extends Error {}

// The step whose code is shown at `ms` (of the epoch), and how many seconds it still counts.
export function step(ms, period) {
  const seconds = Math.floor(ms / 1000);
  return { number: Math.floor(seconds / period), left: period - (seconds % period) };
}

// The digits of one step, by a key of HMAC (RFC 4226 §5.3).
export async function code(key, number, digits) {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(number));
  const mac = new DataView(await crypto.subtle.sign("HMAC", key, counter));
  const at = mac.getUint8(mac.byteLength - 1) & 15;
  const shown = (mac.getUint32(at) & 0x7fffffff) % 10 ** digits;
  return String(shown).padStart(digits, "0");
}

// What an address says. The hash is named as WebCrypto names it.
export function parse(address) {
  const [, label, query] = /^otpauth:\/\/totp\/([^?#]+)\?([^#]+)$/i.exec(address.trim()) ?? [];
  if (!label) throw new BadAddress("no otpauth address for codes by time");
  const given = new URLSearchParams(query);
  const [before, after] = split(decoded(label));
  const slot = {
    issuer: given.get("issuer") ?? before,
    account: after,
    hash: HASHES[(given.get("algorithm") ?? "SHA1").toUpperCase()],
    digits: Number(given.get("digits") ?? 6),
    period: Number(given.get("period") ?? 30),
  };
  const secret = base32(given.get("secret") ?? "");
  const known = slot.hash && [6, 7, 8].includes(slot.digits) && slot.period >= 15 && slot.period <= 120;
  if (!known || !Number.isInteger(slot.period) || secret.length < 10) throw new BadAddress("not of a kind we know");
  return { slot, secret };
}

function decoded(label) {
  try {
    return decodeURIComponent(label);
  } catch {
    throw new BadAddress("a label that is no text");
  }
}

function split(label) {
  const at = label.indexOf(":");
  return at < 0 ? ["", label.trim()] : [label.slice(0, at).trim(), label.slice(at + 1).trim()];
}

function base32(text) {
  const letters = text.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase();
  const bytes = new Uint8Array(Math.floor((letters.length * 5) / 8));
  let held = 0, bits = 0, at = 0;
  for (const letter of letters) {
    const value = BASE32.indexOf(letter);
    if (value < 0) throw new BadAddress("a secret that is no Base32");
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 255;
    }
  }
  return bytes;
}
