// A device made with npm openid-client: it shows a code, waits for its user as RFC 8628 says, and verifies what it gets.
//
//   node openid_client_device.mjs ISSUER CLIENT_ID
//
// The first line is what it was told, the second who allowed it.
import * as oidc from 'openid-client';

const [issuer, clientId] = process.argv.slice(2);
// Plain http exists on the loopback interface only.
const config = await oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), {
  execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
});
const told = await oidc.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access' });
console.log(JSON.stringify(told));
const tokens = await oidc.pollDeviceAuthorizationGrant(config, told);
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
console.log(JSON.stringify({ claims, userinfo, rotated: renewed.refresh_token !== tokens.refresh_token }));
