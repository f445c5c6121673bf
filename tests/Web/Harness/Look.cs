using Microsoft.Playwright;

namespace Viddhana.Tests.Web;

/// <summary>A size and a theme.</summary>
public sealed record Look(string Name, int Width, int Height, bool IsPhone, ColorScheme Scheme)
{
    /// <summary>390 × 844, dark.</summary>
    public static readonly Look PhoneDark = new("phone-dark", 390, 844, true, ColorScheme.Dark);

    /// <summary>390 × 844, light.</summary>
    public static readonly Look PhoneLight = new("phone-light", 390, 844, true, ColorScheme.Light);

    /// <summary>1440 × 900, dark.</summary>
    public static readonly Look DesktopDark = new("desktop-dark", 1440, 900, false, ColorScheme.Dark);

    /// <summary>1440 × 900, light.</summary>
    public static readonly Look DesktopLight = new("desktop-light", 1440, 900, false, ColorScheme.Light);

    /// <summary>Phone and desktop, dark and light.</summary>
    public static readonly Look[] All = [PhoneDark, PhoneLight, DesktopDark, DesktopLight];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
