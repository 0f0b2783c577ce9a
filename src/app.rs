//! App: the state that all rooms share, and the router assembled from their doors.
