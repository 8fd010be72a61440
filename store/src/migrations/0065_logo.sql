-- The picture that stands for a workspace. Its address cannot be guessed: who is not signed in reads
-- it by that alone.
CREATE TABLE logo (
  workspace TEXT PRIMARY KEY REFERENCES workspace (id),
  address TEXT NOT NULL UNIQUE,
  -- A JPEG, in base64.
  picture TEXT NOT NULL
);
