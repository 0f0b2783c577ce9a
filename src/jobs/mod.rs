//! Background work: claims tasks and lanes from storage and runs them.
