//! Verbs: each is one transaction, and its error type states its rules.
