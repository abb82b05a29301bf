package main

// freeze needs a signal that Windows does not have.
func (p *process) freeze() { p.t.Fatal("processes cannot be frozen here") }
func (p *process) thaw()   {}
