// A service provider made with npm @node-saml/node-saml.
//
//   node node_saml.mjs ORIGIN FOLDER     FOLDER has sp.key and sp.crt, and idp.json once the identity provider is known
//
// `/login` asks by the Redirect binding, `/login?binding=post` by the POST binding; `/acs` shows who came.
import fs from 'node:fs';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml';

const [origin, folder] = process.argv.slice(2);
const read = (name) => fs.readFileSync(`${folder}/${name}`, 'utf8');

function provider(known) {
  return new SAML({
    issuer: `${origin}/metadata`,
    audience: `${origin}/metadata`,
    callbackUrl: `${origin}/acs`,
    logoutCallbackUrl: `${origin}/slo`,
    privateKey: read('sp.key'),
    publicCert: read('sp.crt'),
    decryptionPvk: read('sp.key'),
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    wantAuthnResponseSigned: true,
    wantAssertionsSigned: true,
    validateInResponseTo: ValidateInResponseTo.ifPresent, // a login may begin at the identity provider
    identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    disableRequestedAuthnContext: true,
    ...known,
  });
}

let saml;
let user; // one browser at a time
const known = () => (saml ??= provider(JSON.parse(read('idp.json'))));
const show = (profile) =>
  `uid=${profile['urn:oid:0.9.2342.19200300.100.1.1']}\nmail=${profile['urn:oid:0.9.2342.19200300.100.1.3']}\n`;

async function handle(request, response) {
  const url = new URL(request.url, origin);
  const form = Object.fromEntries(new URLSearchParams(await text(request)));
  const page = (body, type = 'text/html') => response.writeHead(200, { 'content-type': type }).end(body);
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /metadata': {
      const unknown = provider({ idpCert: 'none', entryPoint: 'none' });
      return page(unknown.generateServiceProviderMetadata(read('sp.crt'), read('sp.crt')), 'application/xml');
    }
    case 'GET /login':
      if (url.searchParams.get('binding') === 'post') return page(await known().getAuthorizeFormAsync('a&b'));
      return response.writeHead(302, { location: await known().getAuthorizeUrlAsync('a&b', undefined, {}) }).end();
    case 'POST /acs': {
      user = (await known().validatePostResponseAsync(form)).profile;
      return page(`<pre>${show(user)}</pre><p id="state">${form.RelayState ?? ''}</p>`);
    }
    case 'GET /':
      return page(user ? `<pre>${show(user)}</pre>` : 'nobody');
    case 'GET /logout':
      return response.writeHead(302, { location: await known().getLogoutUrlAsync(user, '', {}) }).end();
    case 'POST /slo': {
      const said = form.SAMLRequest
        ? await known().validatePostRequestAsync(form)
        : await known().validatePostResponseAsync(form);
      user = undefined;
      if (said.loggedOut && !form.SAMLRequest) return page('signed out');
      const location = await known().getLogoutResponseUrlAsync(said.profile, form.RelayState ?? '', {}, true);
      return response.writeHead(302, { location }).end();
    }
    default:
      return response.writeHead(404).end();
  }
}

http
  .createServer((request, response) =>
    handle(request, response).catch((error) => response.writeHead(400).end(`refused: ${error.message}`)),
  )
  .listen(Number(new URL(origin).port), '127.0.0.1');
