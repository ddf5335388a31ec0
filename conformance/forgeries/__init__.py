"""Client hashes and identities that an attacker would try. Pure: nothing here sends anything."""
