"""The SAML 2.0 door: an identity provider that browsers bring service providers' requests to."""
