//! Typed settings, validated at start.
