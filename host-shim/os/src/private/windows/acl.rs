//! Security descriptors: whom a file belongs to, and who may do what with it.

use std::ffi::c_void;
use std::io;
use std::path::Path;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_SUCCESS, FALSE, HANDLE, LocalFree, WIN32_ERROR,
};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW,
    GetNamedSecurityInfoW, GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT, SetNamedSecurityInfoW,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce,
    GetSecurityDescriptorDacl, GetSecurityDescriptorOwner, GetTokenInformation, INHERIT_ONLY_ACE,
    OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
    SetFileSecurityW, TOKEN_QUERY, TOKEN_USER, TokenUser, UNPROTECTED_DACL_SECURITY_INFORMATION,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use crate::wide;

/// As trusted as this user: SYSTEM, Administrators, TrustedInstaller, and whoever owns the file.
const TRUSTED: [&str; 4] = [
    "S-1-5-18",
    "S-1-5-32-544",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    "S-1-3-4",
];

/// Names of others that everybody has.
const NAMES: [(&str, &str); 4] = [
    ("S-1-1-0", "Everyone"),
    ("S-1-5-11", "Authenticated Users"),
    ("S-1-5-32-545", "Users"),
    ("S-1-5-7", "Anonymous"),
];

/// A descriptor that the system has allocated.
pub(super) struct Descriptor(PSECURITY_DESCRIPTOR);

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the system has allocated it for us, and nobody else has it.
        unsafe { LocalFree(self.0) };
    }
}

impl Descriptor {
    /// From the text form that Windows documents (SDDL).
    pub(super) fn parse(text: &str) -> io::Result<Self> {
        let text = wide::zero_ended(text)?;
        let mut made = null_mut();
        // SAFETY: the text ends with a zero; the result outlives the call.
        let parsed = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &mut made,
                null_mut(),
            )
        };
        match parsed {
            FALSE => Err(io::Error::last_os_error()),
            _ => Ok(Self(made)),
        }
    }

    /// This user, Administrators and SYSTEM may do everything and nobody else anything; a folder hands that down.
    pub(super) fn of_owner_only(folder: bool) -> io::Result<Self> {
        let user = user()?;
        let down = if folder { "OICI" } else { "" };
        let entries = ["SY", "BA", &user].map(|who| format!("(A;{down};FA;;;{who})"));
        Self::parse(&format!("D:P{}", entries.concat()))
    }

    /// No entries but what the folder above hands down.
    pub(super) fn of_nothing_of_its_own() -> io::Result<Self> {
        Self::parse("D:")
    }

    pub(super) fn as_ptr(&self) -> PSECURITY_DESCRIPTOR {
        self.0
    }

    /// Gives its list to a file or folder, and to what inherits it; what the folder above hands down is kept out, or not.
    pub(super) fn give_to(&self, path: &Path, protected: bool) -> io::Result<()> {
        let name = wide::path(path)?;
        let kind = match protected {
            true => PROTECTED_DACL_SECURITY_INFORMATION,
            false => UNPROTECTED_DACL_SECURITY_INFORMATION,
        };
        let what = DACL_SECURITY_INFORMATION | kind;
        let list = self.list()?;
        // SAFETY: the name ends with a zero; name and list outlive the call.
        succeeded(unsafe {
            SetNamedSecurityInfoW(
                name.as_ptr(),
                SE_FILE_OBJECT,
                what,
                null_mut(),
                null_mut(),
                list,
                null(),
            )
        })?;
        if !protected {
            return Ok(());
        }
        // Once more, which changes nothing on Windows: Wine has handed down even so.
        // SAFETY: as above; the descriptor is whole.
        match unsafe { SetFileSecurityW(name.as_ptr(), what, self.0) } {
            FALSE => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// Its access list; null if everybody may do everything.
    fn list(&self) -> io::Result<*mut ACL> {
        let (mut list, mut present, mut defaulted) = (null_mut(), FALSE, FALSE);
        // SAFETY: the descriptor is whole; the results outlive the call.
        match unsafe { GetSecurityDescriptorDacl(self.0, &mut present, &mut list, &mut defaulted) }
        {
            FALSE => Err(io::Error::last_os_error()),
            _ if present == FALSE => Ok(null_mut()),
            _ => Ok(list),
        }
    }

    fn owner(&self) -> io::Result<PSID> {
        let (mut owner, mut defaulted) = (null_mut(), FALSE);
        // SAFETY: the descriptor is whole; the results outlive the call.
        match unsafe { GetSecurityDescriptorOwner(self.0, &mut owner, &mut defaulted) } {
            FALSE => Err(io::Error::last_os_error()),
            _ => Ok(owner),
        }
    }
}

/// Who may do what with a file.
pub(super) struct Access {
    owner: Option<String>,
    /// The rights and whose they are; none if there is no list.
    allowed: Option<Vec<(u32, String)>>,
}

impl Access {
    pub(super) fn of_path(path: &Path) -> io::Result<Self> {
        let name = wide::path(path)?;
        Self::told(|wanted, found| {
            // SAFETY: the name ends with a zero; both outlive the call.
            unsafe {
                GetNamedSecurityInfoW(
                    name.as_ptr(),
                    SE_FILE_OBJECT,
                    wanted,
                    null_mut(),
                    null_mut(),
                    null_mut(),
                    null_mut(),
                    found,
                )
            }
        })
    }

    /// Of a file that is open for reading.
    pub(super) fn of_handle(handle: HANDLE) -> io::Result<Self> {
        Self::told(|wanted, found| {
            // SAFETY: the handle is open; the result outlives the call.
            unsafe {
                GetSecurityInfo(
                    handle,
                    SE_FILE_OBJECT,
                    wanted,
                    null_mut(),
                    null_mut(),
                    null_mut(),
                    null_mut(),
                    found,
                )
            }
        })
    }

    fn told(ask: impl FnOnce(u32, *mut PSECURITY_DESCRIPTOR) -> WIN32_ERROR) -> io::Result<Self> {
        let mut found = null_mut();
        succeeded(ask(
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            &mut found,
        ))?;
        Self::of_descriptor(&Descriptor(found))
    }

    pub(super) fn of_descriptor(descriptor: &Descriptor) -> io::Result<Self> {
        let owner = match descriptor.owner()? {
            owner if owner.is_null() => None,
            owner => Some(text_of(owner)?),
        };
        let list = descriptor.list()?;
        if list.is_null() {
            return Ok(Self {
                owner,
                allowed: None,
            });
        }
        // SAFETY: the list is within the descriptor, which outlives this.
        let entries = u32::from(unsafe { (*list).AceCount });
        let mut allowed = Vec::new();
        for at in 0..entries {
            let mut entry = null_mut();
            // SAFETY: the list is whole and has this many entries; the result outlives the call.
            if unsafe { GetAce(list, at, &mut entry) } == FALSE {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: the list holds whole entries, and this one lives as long as the descriptor.
            allowed.extend(unsafe { allows(entry) }?);
        }
        let allowed = Some(allowed);
        Ok(Self { owner, allowed })
    }

    /// The first who is not trusted and has one of these rights.
    pub(super) fn others(&self, rights: u32) -> io::Result<Option<String>> {
        let Some(allowed) = &self.allowed else {
            return Ok(Some("Everyone".to_owned()));
        };
        let user = user()?;
        let other = allowed
            .iter()
            .find(|(mask, who)| mask & rights != 0 && !is_trusted(who, &user));
        Ok(other.map(|(_, who)| named(who)))
    }

    /// The owner, if it is not to be trusted.
    pub(super) fn foreign_owner(&self) -> io::Result<Option<String>> {
        match &self.owner {
            Some(owner) if is_trusted(owner, &user()?) => Ok(None),
            Some(owner) => Ok(Some(named(owner))),
            None => Ok(Some("nobody known".to_owned())),
        }
    }
}

/// The rights that an entry gives, and to whom; none if it gives nothing here.
///
/// # Safety
///
/// It is a whole entry of an access list.
unsafe fn allows(entry: *const c_void) -> io::Result<Option<(u32, String)>> {
    /// ACCESS_ALLOWED_ACE_TYPE, ACCESS_ALLOWED_CALLBACK_ACE_TYPE.
    const PLAIN: [u8; 2] = [0, 9];
    /// Denials and audits, which give nothing.
    const NONE: [u8; 9] = [1, 2, 3, 6, 7, 8, 10, 12, 13];

    // SAFETY: every entry begins with it.
    let header = unsafe { *entry.cast::<ACE_HEADER>() };
    if u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0 || NONE.contains(&header.AceType) {
        return Ok(None);
    }
    let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
    // SAFETY: in every entry that gives rights they come next.
    let mask = unsafe { (*entry).Mask };
    if !PLAIN.contains(&header.AceType) {
        // Of kinds that files do not have: nobody knows whom.
        return Ok(Some((mask, "an entry of another kind".to_owned())));
    }
    // SAFETY: in these kinds the SID follows, whole within the entry.
    let who = unsafe { (&raw const (*entry).SidStart).cast_mut().cast() };
    Ok(Some((mask, text_of(who)?)))
}

fn is_trusted(who: &str, user: &str) -> bool {
    who == user || TRUSTED.contains(&who)
}

fn named(who: &str) -> String {
    let known = NAMES.iter().find(|(sid, _)| *sid == who);
    known.map_or(who, |(_, name)| name).to_owned()
}

/// The SID of the user of this process.
fn user() -> io::Result<String> {
    let mut token = null_mut();
    // SAFETY: the handle needs no closing; the result outlives the call.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == FALSE {
        return Err(io::Error::last_os_error());
    }
    // Room for the struct and the longest SID, 68 bytes; aligned as the struct is.
    let mut room = [0_u64; 16];
    let mut length = 0;
    // SAFETY: the token is open, and there is room of this size.
    let told = unsafe {
        let size = size_of_val(&room) as u32;
        GetTokenInformation(
            token,
            TokenUser,
            room.as_mut_ptr().cast(),
            size,
            &mut length,
        )
    };
    let result = match told {
        FALSE => Err(io::Error::last_os_error()),
        // SAFETY: the system has filled it in; its SID points into `room`.
        _ => text_of(unsafe { (*room.as_ptr().cast::<TOKEN_USER>()).User.Sid }),
    };
    // SAFETY: it was opened above, and nobody else has it.
    unsafe { CloseHandle(token) };
    result
}

/// A SID as text: `S-1-5-18`.
fn text_of(sid: PSID) -> io::Result<String> {
    let mut text = null_mut();
    // SAFETY: callers hand in whole SIDs; the result outlives the call.
    if unsafe { ConvertSidToStringSidW(sid, &mut text) } == FALSE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the text ends with a zero.
    let length = (0..)
        .take_while(|at| unsafe { *text.add(*at) } != 0)
        .count();
    // SAFETY: so many characters were just read.
    let owned = String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) });
    // SAFETY: the system has allocated it for us.
    unsafe { LocalFree(text.cast()) };
    Ok(owned)
}

fn succeeded(result: WIN32_ERROR) -> io::Result<()> {
    match result {
        ERROR_SUCCESS => Ok(()),
        code => Err(io::Error::from_raw_os_error(code as i32)),
    }
}
