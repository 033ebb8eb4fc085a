package gunzip

// careful decodes one symbol, however little is left of input and output.
func (d *Decoder) careful() status {
	d.refill()
	e := d.lit[d.bits&(1<<litBits-1)]
	if e&(flagLiteral|flagSub) == flagSub {
		e = d.lit[(uint64(e>>16)+d.bits>>litBits&(1<<(e>>8&15)-1))&(litSize-1)]
	}
	if e&flagLiteral != 0 {
		return d.carefulLiteral(e)
	}
	used := uint(e & usedMask)
	if used > d.nbits {
		return truncated
	}
	if e&flagSpecial != 0 {
		if e&flagEnd == 0 {
			return badCode
		}
		d.skip(used)
		return blockEnd
	}
	length := value(e, d.bits)
	d.skip(used)
	return d.carefulMatch(length)
}

// carefulLiteral puts down the first byte of a literal's entry.
func (d *Decoder) carefulLiteral(e uint32) status {
	used := uint(e & usedMask)
	if e&flagPair != 0 {
		used = uint(e >> 24 & codeLenMask)
	}
	if used > d.nbits {
		return truncated
	}
	if d.op == len(d.out) && !d.grow() {
		return full
	}
	d.skip(used)
	d.out[d.op] = byte(e >> 8)
	d.op++
	return more
}

// carefulMatch reads the distance that follows a length and copies, as far as the limit allows.
func (d *Decoder) carefulMatch(length int) status {
	d.refill()
	e := d.dist[d.bits&(1<<distBits-1)]
	if e&flagSub != 0 {
		e = d.dist[(uint64(e>>16)+d.bits>>distBits&(1<<(e>>8&15)-1))&(distSize-1)]
	}
	used := uint(e & usedMask)
	if used > d.nbits {
		return truncated
	}
	if e&flagSpecial != 0 {
		return badCode
	}
	from := d.op - value(e, d.bits)
	d.skip(used)
	if from < 0 {
		return badWindow
	}
	for len(d.out)-d.op < length && d.grow() {
	}
	end := min(d.op+length, len(d.out))
	repeat(d.out[from:end], d.op-from)
	complete := end-d.op == length
	d.op = end
	if !complete {
		return full
	}
	return more
}

// value is what a length's or distance's entry and the extra bits behind its code add up to.
func value(e uint32, bits uint64) int {
	return int(e>>16) + int(bits&(1<<(e&usedMask)-1)>>(e>>8&codeLenMask))
}
