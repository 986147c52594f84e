package credential

// Waiting is waiting, for tests.
var Waiting = waiting
