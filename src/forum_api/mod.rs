//! The Forum's own JSON API, with its OpenAPI description generated from the code.
