//! Plain values: what is asked for (`plan`), images and their augmented views (`data`, `augment`), what is told while
//! training (`protocol`), when a network has collapsed (`collapse`), the memory of this process (`process`) and
//! that which its control groups leave it (`limits`), text fit to be shown (`text`), decimal numbers likewise (`number`), tensors as
//! the bytes of a file (`tensors`), weights that others have trained (`weights`), Python's pickles (`pickle`), where programs keep things (`folders`), writing of
//! whole files (`file`). No device, no terminal.

pub mod augment;
pub mod collapse;
pub mod data;
pub mod file;
pub mod folders;
pub mod limits;
pub mod number;
pub mod pickle;
pub mod plan;
pub mod process;
pub mod protocol;
pub mod tensors;
pub mod text;
pub mod weights;
