// As docs/clients/node-red.md says, with the addresses of the test in the environment.
const { IDP, PORT, SECRET, FOLDER } = process.env;

module.exports = {
  uiHost: 'localhost',
  uiPort: Number(PORT),
  userDir: FOLDER,
  telemetry: { enabled: false },
  adminAuth: {
    type: 'strategy',
    strategy: {
      name: 'openidconnect',
      label: 'Sign in',
      strategy: require('passport-openidconnect').Strategy,
      options: {
        issuer: IDP,
        authorizationURL: `${IDP}/oidc/authorize`,
        tokenURL: `${IDP}/oidc/token`,
        userInfoURL: `${IDP}/oidc/userinfo`,
        clientID: 'flows',
        clientSecret: SECRET,
        callbackURL: `http://localhost:${PORT}/auth/strategy/callback`,
        scope: ['profile', 'email'],
        skipUserProfile: false,
        verify: (issuer, profile, done) => done(null, profile),
      },
    },
    users: [{ username: 'alice', permissions: '*' }],
  },
};
