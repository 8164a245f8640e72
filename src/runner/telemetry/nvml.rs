//! NVIDIA's management library, which comes with the driver. The signatures are those of its `nvml.h`; whatever is not
//! answered is left out.

use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_ulonglong, c_void},
    ptr,
};

use libloading::{Library, Symbol};

use super::driver::{CardName, CardReading, Driver};

/// The library, initialised, and its cards.
pub struct Nvml {
    library: Library,
    cards: Vec<Handle>,
}

/// `nvmlDevice_t`.
type Handle = *mut c_void;

/// `NVML_SUCCESS`.
const GOOD: c_int = 0;

/// `NVML_TEMPERATURE_GPU`.
const OF_THE_CHIP: c_uint = 0;

/// `nvmlUtilization_t`: per cent of the time in which a kernel ran, and in which memory was read or written.
#[repr(C)]
#[derive(Default)]
struct Utilization {
    chip: c_uint,
    _memory: c_uint,
}

/// `nvmlMemory_t`, in bytes.
#[repr(C)]
#[derive(Default)]
struct NvmlMemory {
    total: c_ulonglong,
    _free: c_ulonglong,
    used: c_ulonglong,
}

impl Nvml {
    /// The library; none where there is no driver.
    pub fn load() -> Option<Self> {
        // SAFETY: loading runs the initialisers of the vendor's own library; the signatures are those of nvml.h, and the
        // places for answers outlive the calls.
        unsafe {
            let library = Library::new("libnvidia-ml.so.1").ok()?;
            let init: Symbol<unsafe extern "C" fn() -> c_int> = library.get(b"nvmlInit_v2").ok()?;
            good(init())?;
            let mut count = 0;
            let get: Symbol<unsafe extern "C" fn(*mut c_uint) -> c_int> = library.get(b"nvmlDeviceGetCount_v2").ok()?;
            good(get(&mut count))?;
            let get: Symbol<unsafe extern "C" fn(c_uint, *mut Handle) -> c_int> =
                library.get(b"nvmlDeviceGetHandleByIndex_v2").ok()?;
            let handle = |place| {
                let mut handle = ptr::null_mut();
                good(get(place, &mut handle)).map(|()| handle)
            };
            let cards = (0..count).map_while(handle).collect();
            Some(Self { library, cards })
        }
    }

    /// What a function answers whose last argument is the place for its answer: a `T`.
    fn ask<T: Default>(&self, function: &[u8], card: Handle) -> Option<T> {
        let mut answer = T::default();
        // SAFETY: as in `load`; every caller names the type that nvml.h gives the answer.
        unsafe {
            let ask: Symbol<unsafe extern "C" fn(Handle, *mut T) -> c_int> = self.library.get(function).ok()?;
            good(ask(card, &mut answer)).map(|()| answer)
        }
    }

    fn temperature(&self, card: Handle) -> Option<c_uint> {
        let mut answer = 0;
        // SAFETY: as in `load`.
        unsafe {
            let ask: Symbol<unsafe extern "C" fn(Handle, c_uint, *mut c_uint) -> c_int> =
                self.library.get(b"nvmlDeviceGetTemperature").ok()?;
            good(ask(card, OF_THE_CHIP, &mut answer)).map(|()| answer)
        }
    }

    /// What a function writes into a buffer: a text that ends in a zero.
    fn text(&self, function: &[u8], card: Handle) -> Option<String> {
        let mut buffer = [0u8; 128];
        // SAFETY: as in `load`; the function is told how long the buffer is.
        unsafe {
            let ask: Symbol<unsafe extern "C" fn(Handle, *mut c_char, c_uint) -> c_int> =
                self.library.get(function).ok()?;
            good(ask(card, buffer.as_mut_ptr().cast(), buffer.len() as c_uint))?;
        }
        Some(CStr::from_bytes_until_nul(&buffer).ok()?.to_string_lossy().into_owned())
    }
}

impl Driver for Nvml {
    fn cards(&self) -> Vec<CardName> {
        let text = |function, card| self.text(function, card).unwrap_or_default();
        let named = |card: &Handle| CardName {
            name: text(b"nvmlDeviceGetName", *card),
            uuid: text(b"nvmlDeviceGetUUID", *card),
        };
        self.cards.iter().map(named).collect()
    }

    fn read(&self, card: usize) -> CardReading {
        let card = self.cards[card];
        let busy = self.ask::<Utilization>(b"nvmlDeviceGetUtilizationRates", card);
        let memory = self.ask::<NvmlMemory>(b"nvmlDeviceGetMemoryInfo", card);
        let milliwatts = self.ask::<c_uint>(b"nvmlDeviceGetPowerUsage", card);
        CardReading {
            busy: busy.map(|share| f64::from(share.chip) / 100.0),
            memory: memory.map(|memory| [memory.used as f64, memory.total as f64]),
            watts: milliwatts.map(|power| f64::from(power) / 1000.0),
            temperature: self.temperature(card).map(f64::from),
        }
    }
}

fn good(code: c_int) -> Option<()> {
    (code == GOOD).then_some(())
}
