package sqlite

import "fmt"

// Fill lets the file grow to so many pages and no further, as a full disk does. It is called before any Update.
func (s *Store) Fill(pages int) error {
	return s.writer.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
}
