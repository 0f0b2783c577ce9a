//! Every path and id that the node mints, and how they are read back.
