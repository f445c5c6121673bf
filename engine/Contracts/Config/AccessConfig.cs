namespace Viddhana.Contracts.Config;

/// <summary>Section <c>backoffice.access</c>: who may ask the API for what, and how often.</summary>
public sealed class AccessConfig
{
    /// <summary>
    /// Where people find the pool's page, <c>https://pool.example.com</c>: stands in links of mails and in the texts that wallets sign;
    /// with https, cookies are for https only. Null: as the browser says.
    /// </summary>
    public string? PublicUrl { get; set; }

    /// <summary>
    /// Addresses and CIDR ranges of reverse proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed.
    /// </summary>
    public List<string> TrustedProxies { get; set; } = [];

    /// <summary>Other origins whose pages may read the API (CORS), <c>https://status.example.com</c>.</summary>
    public List<string> Origins { get; set; } = [];

    /// <summary>Requests a minute of one address (IPv6: one /64), 0 (no limit) to 1000000.</summary>
    public int RequestsPerMinute { get; set; } = 100;

    /// <summary>Requests a minute of one login, from however many addresses, 0 (no limit) to 1000000.</summary>
    public int RequestsPerMinuteSignedIn { get; set; } = 300;

    /// <summary>Addresses and CIDR ranges whose requests are not counted: monitoring.</summary>
    public List<string> UnlimitedFrom { get; set; } = [];

    /// <summary>True: anyone may make an account with an e-mail address (where a mail server is configured).</summary>
    public bool Registration { get; set; } = true;

    /// <summary>True: support, operators and admins change things only with a second factor.</summary>
    public bool StaffNeedsTotp { get; set; }

    internal static AccessConfig Bind(ConfigSection section)
    {
        var access = new AccessConfig();
        access.PublicUrl = section.TextOrNull("public_url")?.TrimEnd('/');
        access.TrustedProxies = Ranges(section, "trusted_proxies");
        access.Origins = section.Texts("origins");
        access.RequestsPerMinute = section.Int("requests_per_minute", access.RequestsPerMinute, 0, 1_000_000);
        access.RequestsPerMinuteSignedIn = section.Int("requests_per_minute_signed_in", access.RequestsPerMinuteSignedIn, 0, 1_000_000);
        access.UnlimitedFrom = Ranges(section, "unlimited_from");
        access.Registration = section.Flag("registration", access.Registration);
        access.StaffNeedsTotp = section.Flag("staff_needs_totp", access.StaffNeedsTotp);
        if (access.PublicUrl is { } url && !IsOrigin(url))
            section.Error("public_url", $"'{url}' must be scheme, host and port alone: https://pool.example.com");
        foreach (var origin in access.Origins.Where(origin => !IsOrigin(origin)))
            section.Error("origins", $"'{origin}' must be scheme, host and port alone: https://status.example.com");
        section.End();
        return access;
    }

    private static List<string> Ranges(ConfigSection section, string key)
    {
        var ranges = section.Texts(key);
        foreach (var text in ranges)
        {
            if (!AddressRange.TryParse(text, out var range, out var error)) section.Error(key, $"'{text}' {error}");
            else if (range.PrefixLength == 0 && key == "trusted_proxies")
                section.Warn(key, $"'{text}' lets anyone choose the address that counts as its own");
        }

        return ranges;
    }

    /// <summary>As browsers write it: no path, no user, no trailing slash.</summary>
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
        && uri.GetLeftPart(UriPartial.Authority) == text && uri.UserInfo.Length == 0;
}
