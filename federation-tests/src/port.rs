//! Ports for nodes that must know their own address before they start, and
//! find the same one free when they start again.

use std::{
    net::{Ipv4Addr, TcpListener, UdpSocket},
    sync::atomic::{AtomicU16, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// A TCP port on 127.0.0.1 that nobody else who asks here gets while this lives.
#[derive(Debug)]
pub struct Port {
    number: u16,
    // The UDP port of the same number is the reservation: it holds across
    // processes and while the TCP port is free between two runs of a node.
    _reservation: UdpSocket,
}

/// Below the range from which the system takes ports for outgoing connections.
const RANGE: std::ops::Range<u16> = 10_000..32_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

impl Port {
    /// Reserves a free port.
    pub fn reserve() -> Self {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH);
        let start = clock.map_or(0, |age| age.subsec_nanos() % 22_000) as u16;
        let width = RANGE.end - RANGE.start;
        for _ in 0..width {
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let number = RANGE.start + start.wrapping_add(step.wrapping_mul(7)) % width;
            let Ok(reservation) = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)) else {
                continue;
            };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Self {
                    number,
                    _reservation: reservation,
                };
            }
        }
        panic!("no free port on 127.0.0.1 between {RANGE:?}");
    }

    pub fn number(&self) -> u16 {
        self.number
    }

    /// `127.0.0.1:port`, as `federation.allowed_addresses` wants it.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.number)
    }
}
