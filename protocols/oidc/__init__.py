"""The OpenID Connect door: a service asks by redirect who the user is, and redeems a code for the answer."""
