-- A guest is kept like a member, by name and by who brings them, and needs no membership while there is none.
ALTER TABLE members ADD COLUMN guest_of INTEGER REFERENCES members (id);
CREATE INDEX members_guests ON members (guest_of, sort_name) WHERE guest_of IS NOT NULL;
