"""SAML 2.0: an identity provider's metadata, what it is told, and the assertions it makes."""
