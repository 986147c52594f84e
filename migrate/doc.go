// Package migrate is the pipeline: it lists the source's folders, plans from
// what the source says and the ledger knows, fetches what is new, stores it at
// the target, and records what the target's receipts say is durable. It knows
// no endpoint and prints nothing; what happens it tells as events.
package migrate
