-- +goose Up
CREATE TABLE settings (
    name  text NOT NULL CONSTRAINT settings_pkey PRIMARY KEY,
    value text NOT NULL
);
