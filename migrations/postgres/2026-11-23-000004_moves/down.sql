DROP TABLE moves;
DROP TABLE aliases;
