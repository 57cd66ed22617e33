;; Products of 128-bit numbers as the compilers' library makes them, of four products of half words.
;; Calldata: four words (low and high of both factors), then a pointer; all little endian.
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
  (memory (export "memory") 1)

  ;; Both factors whole.
  (func $whole (param $to i32) (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64)
    (local $b0 i64) (local $a0 i64) (local $lowest i64) (local $b1 i64) (local $a1 i64) (local $low i64)
    (i64.store (local.get $to)
      (local.tee $low (i64.add
        (local.tee $lowest (i64.mul
          (local.tee $b0 (i64.and (local.get $b) (i64.const 4294967295)))
          (local.tee $a0 (i64.and (local.get $a) (i64.const 4294967295)))))
        (i64.shl
          (local.tee $b0 (i64.add
            (local.tee $a0 (i64.mul (local.tee $b1 (i64.shr_u (local.get $b) (i64.const 32))) (local.get $a0)))
            (i64.mul (local.get $b0) (local.tee $a1 (i64.shr_u (local.get $a) (i64.const 32))))))
          (i64.const 32)))))
    (i64.store offset=8 (local.get $to)
      (i64.add
        (i64.add
          (i64.add
            (i64.mul (local.get $b1) (local.get $a1))
            (i64.or
              (i64.shl (i64.extend_i32_u (i64.lt_u (local.get $b0) (local.get $a0))) (i64.const 32))
              (i64.shr_u (local.get $b0) (i64.const 32))))
          (i64.extend_i32_u (i64.lt_u (local.get $low) (local.get $lowest))))
        (i64.add (i64.mul (local.get $b_high) (local.get $a)) (i64.mul (local.get $b) (local.get $a_high))))))

  ;; The high word of the second factor is zero, and an optimiser has noticed.
  (func $dropped (param $to i32) (param $a i64) (param $a_high i64) (param $b i64)
    (local $b0 i64) (local $a0 i64) (local $lowest i64) (local $b1 i64) (local $a1 i64)
    (i64.store (local.get $to)
      (local.tee $b0 (i64.add
        (local.tee $lowest (i64.mul
          (local.tee $b0 (i64.and (local.get $b) (i64.const 4294967295)))
          (local.tee $a0 (i64.and (local.get $a) (i64.const 4294967295)))))
        (i64.shl
          (local.tee $a (i64.add
            (local.tee $a0 (i64.mul (local.get $a0) (local.tee $b1 (i64.shr_u (local.get $b) (i64.const 32)))))
            (i64.mul (local.get $b0) (local.tee $a1 (i64.shr_u (local.get $a) (i64.const 32))))))
          (i64.const 32)))))
    (i64.store offset=8 (local.get $to)
      (i64.add
        (i64.add
          (i64.extend_i32_u (i64.lt_u (local.get $b0) (local.get $lowest)))
          (i64.add
            (i64.mul (local.get $b1) (local.get $a1))
            (i64.or
              (i64.shl (i64.extend_i32_u (i64.lt_u (local.get $a) (local.get $a0))) (i64.const 32))
              (i64.shr_u (local.get $a) (i64.const 32)))))
        (i64.mul (local.get $a_high) (local.get $b)))))

  (func (export "user_entrypoint") (param i32) (result i32)
    (local $to i32)
    (call $read_args (i32.const 0))
    (local.set $to (i32.load (i32.const 32)))
    (call $whole (local.get $to)
      (i64.load (i32.const 0)) (i64.load (i32.const 8)) (i64.load (i32.const 16)) (i64.load (i32.const 24)))
    (call $dropped (i32.add (local.get $to) (i32.const 16))
      (i64.load (i32.const 0)) (i64.load (i32.const 8)) (i64.load (i32.const 16)))
    (call $write_result (local.get $to) (i32.const 32))
    (i32.const 0)))
