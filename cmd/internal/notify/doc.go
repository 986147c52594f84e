// Package notify tells others how a job went: a command, a URL of a monitoring
// service, a mail through the system's sendmail. A hook that fails is an error
// that is told; the job's own result stays what it is.
package notify
