-- What admins named to be offered in place of a template that Meta stops, as JSON.
CREATE TABLE template_fallback (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (workspace, channel, name, language),
  FOREIGN KEY (workspace, channel) REFERENCES template_source (workspace, channel)
    ON DELETE CASCADE
);
