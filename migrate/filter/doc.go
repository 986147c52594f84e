// Package filter chooses folders by patterns.
package filter
