// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo without feature `nxp-names`: nothing, under the names of nxp.rs.

use imx_rpmsg::firmware::BoardLink;
use imx_rpmsg::rpmsg::{Endpoint, SendError, Unbound};
use imx_rpmsg::services::Incoming;

pub const ENDPOINTS: usize = 0;

pub struct Nxp;

impl Nxp {
    pub fn open<const N: usize>(_: &BoardLink<'_, N>) -> Self {
        Self
    }

    pub fn endpoints(&self) -> [(&'static str, &Endpoint<Unbound>); ENDPOINTS] {
        []
    }

    pub fn respond<M, G>(&self, _: M, _: G, _: &mut Incoming) -> Result<(), SendError> {
        unreachable!("no endpoint is left")
    }

    pub fn into_endpoints(self) -> [Endpoint<Unbound>; ENDPOINTS] {
        []
    }
}
