DROP TABLE handovers;
DROP TABLE user_functions;
DROP TABLE application_events;
DROP TABLE applications;
