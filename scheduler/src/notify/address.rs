//! Which addresses events may be sent to: whoever may write a campaign must not reach what only this machine can.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Looks names up as the system does, and leaves out private addresses unless they are allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct PublicOnly {
    pub(super) allow_private: bool,
}

/// Nothing may be sent there.
#[derive(Debug, thiserror::Error)]
#[error("{0} is a private address: set notify.allow_private in the server's redial.toml if it is meant")]
pub(super) struct PrivateAddress(String);

impl PublicOnly {
    /// Whether an address that needs no look-up may be sent to.
    ///
    /// # Errors
    /// When it is a private one, and these are not allowed.
    pub(super) fn check(self, url: &Url) -> Result<(), PrivateAddress> {
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return Ok(()),
        };
        match self.allow_private || is_public(ip) {
            true => Ok(()),
            false => Err(PrivateAddress(ip.to_string())),
        }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<_> = found.into_iter().filter(|found| allow_private || is_public(found.ip())).collect();
            match public.is_empty() {
                true => Err(PrivateAddress(name.as_str().to_owned()).into()),
                false => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

/// Whether anybody on the internet could have this address: the registries of special-purpose addresses of RFC 6890.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            let holds_v4 = ip
                .to_ipv4_mapped()
                .or_else(|| (first == 0x0064 || ip.segments()[..6] == [0; 6]).then(|| last_v4(ip.octets())));
            match holds_v4 {
                Some(v4) => is_public_v4(v4),
                // Global unicast, but for documentation, 6to4 and Teredo, which lead elsewhere.
                None => {
                    (first & 0xe000) == 0x2000
                        && first != 0x2002
                        && ip.segments()[..2] != [0x2001, 0]
                        && ip.segments()[..2] != [0x2001, 0x0db8]
                }
            }
        }
    }
}

fn last_v4(octets: [u8; 16]) -> Ipv4Addr {
    Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15])
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b));
    !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_this_machine_or_its_network_can_reach_is_private() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "::7f00:1",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn an_address_written_as_numbers_is_looked_at_too() {
        let check = |allow_private, url: &str| PublicOnly { allow_private }.check(&url.parse().unwrap()).is_ok();
        assert!(
            !check(false, "http://127.0.0.1:8080/hook")
                && !check(false, "http://[::1]/")
                && !check(false, "http://2130706433/")
        );
        assert!(check(true, "http://127.0.0.1:8080/hook") && check(false, "https://crm.example.com/redial"));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_followed() {
        let lookup = |allow_private| PublicOnly { allow_private }.resolve("localhost".parse().unwrap());
        assert!(lookup(false).await.is_err());
        assert!(lookup(true).await.is_ok_and(|found| found.count() > 0));
    }
}
