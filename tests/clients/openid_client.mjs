// A relying party made with npm openid-client: it verifies signature, issuer, audience, nonce, state and PKCE by itself.
//
//   node openid_client.mjs ISSUER CLIENT_ID PORT     the client's secret comes on standard input
//
// `/` sends the browser to the issuer; `/callback` shows what was proven, as JSON, or why it was refused (status 400).
import http from 'node:http';
import { text } from 'node:stream/consumers';
import * as oidc from 'openid-client';

const [issuer, clientId, port] = process.argv.slice(2);
const secret = (await text(process.stdin)).trim();
const origin = `http://localhost:${port}`;
const redirectUri = `${origin}/callback`;

// Plain http exists on the loopback interface only.
const config = await oidc.discovery(new URL(issuer), clientId, undefined, oidc.ClientSecretBasic(secret), {
  execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
});
let pending; // one browser at a time

async function begin() {
  pending = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  return oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email offline_access',
    state: pending.expectedState,
    nonce: pending.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pending.pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
}

async function finish(url) {
  const tokens = await oidc.authorizationCodeGrant(config, url, { ...pending, idTokenExpected: true });
  const claims = tokens.claims();
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  const again = await oidc.fetchUserInfo(config, renewed.access_token, claims.sub);
  return { claims, userinfo, again, rotated: renewed.refresh_token !== tokens.refresh_token };
}

async function handle(request, response) {
  const url = new URL(request.url, origin);
  if (url.pathname === '/') return response.writeHead(302, { location: (await begin()).href }).end();
  if (url.pathname !== '/callback') return response.writeHead(404).end();
  const shown = await finish(url);
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(shown));
}

http
  .createServer((request, response) =>
    handle(request, response).catch((error) => response.writeHead(400).end(`${error.code}: ${error.message}`)),
  )
  .listen(Number(port), 'localhost', () => console.log('ready'));
