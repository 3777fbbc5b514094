/* The one function of Windows' bcryptprimitives.dll that Rust's standard library needs, for wine before 9, which has
   no such library. See tests/setup/wine.sh. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE place, SIZE_T length)
{
    while (length > 0) {
        ULONG some = length > 0x10000 ? 0x10000 : (ULONG)length;
        if (!RtlGenRandom(place, some))
            return FALSE;
        place += some;
        length -= some;
    }
    return TRUE;
}
