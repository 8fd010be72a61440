-- Workspaces whose routing is braked, as JSON, by the node that leads; NULL where there are none.
ALTER TABLE leader ADD COLUMN brakes TEXT;
