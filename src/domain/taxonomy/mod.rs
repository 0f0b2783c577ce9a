//! Code lists: every code has a name, and unknown or withdrawn codes are refused.
