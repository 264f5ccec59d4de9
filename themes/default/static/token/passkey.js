// A lock on the vault: a passkey gives the wrapping key (WebAuthn PRF), so that nothing opens without its owner.

const SALT = new TextEncoder().encode("masugata token app, wrapping key");
const PRF = { prf: { eval: { first: SALT } } };

export class NoPasskey extends Error {}

export function isPossible() {
  return Boolean(globalThis.PublicKeyCredential);
}

// A new passkey of this browser's device: what has to be remembered of it, and the key.
export async function create(name) {
  const id = crypto.getRandomValues(new Uint8Array(32));
  const made = await asked(() => navigator.credentials.create({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)), // nobody looks at the signature
      rp: { name },
      user: { id, name, displayName: name },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }],
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      extensions: PRF,
    },
  }));
  if (!made.getClientExtensionResults().prf?.enabled) throw new NoPasskey("it has no PRF");
  const passkey = { id: made.rawId };
  return { passkey, key: await get(passkey) };
}

export async function get(passkey) {
  const used = await asked(() => navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      allowCredentials: [{ type: "public-key", id: passkey.id }],
      userVerification: "required",
      extensions: PRF,
    },
  }));
  const secret = used.getClientExtensionResults().prf?.results?.first;
  if (!secret) throw new NoPasskey("it gave no PRF");
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: SALT };
  return crypto.subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

async function asked(ceremony) {
  try {
    return await ceremony();
  } catch (error) {
    throw new NoPasskey(error.name);
  }
}
