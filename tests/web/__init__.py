"""The dashboard's server, asked as browsers, programs and strangers ask."""
