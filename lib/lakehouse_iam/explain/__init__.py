"""Explaining what others say: errors of a sign-in, and SAML responses, in words with what to do next."""
