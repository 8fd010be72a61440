-- A part of a name or number is looked for among all customers of a workspace. Each is found here
-- without the row, of which its other columns are the larger part, and in the order in which they
-- came: a new one is written at the end.
CREATE INDEX contact_names ON contact (workspace, id, search_name, phone);
