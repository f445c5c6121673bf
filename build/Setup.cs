namespace Viddhana.Build;

/// <summary>Installs what a verb needs and the machine lacks (Debian and its kin: apt-get, as root or with sudo).</summary>
internal static class Setup
{
    /// <summary>A thing that must be there, and the Debian package that brings it.</summary>
    private sealed record Need(string Package, string Why, Func<bool> IsThere);

    private static readonly Need[] ForRunning =
    [
        new("gcc", "compiles the kernels and links the engine", () => Shell.Find("gcc") is not null || Shell.Find("clang") is not null),
        new("binutils", "archives the kernels (ar)", () => Shell.Find("ar") is not null),
        new("libc6-dev", "C headers", () => File.Exists("/usr/include/stdio.h")),
        new("zlib1g-dev", "linking of the engine", () => File.Exists("/usr/include/zlib.h")),
        new("postgresql", "the backoffice's private database", HasPostgres),
        new("openssl", "TLS in the dynamic engine, test certificates", () => Shell.Find("openssl") is not null),
        new("libsecp256k1-1", "checks what wallets sign", HasSecp256k1),
        new("nodejs", "builds the dashboard", () => Shell.Find("node") is not null),
        new("npm", "installs the dashboard's packages", () => Shell.Find("npm") is not null),
    ];

    private static readonly Need[] ForStatic =
    [
        new("cmake", "links OpenSSL into the static engine", () => Shell.Find("cmake") is not null),
        new("libssl-dev", "links OpenSSL into the static engine", () => File.Exists("/usr/include/openssl/ssl.h")),
    ];

    private static readonly Need[] ForTests =
    [
        new("redis-server", "a real Redis for the tests", () => File.Exists("/usr/bin/redis-server")),
        new("litecoind", "a real scrypt node for the tests", () => File.Exists("/usr/lib/litecoin/litecoind")),
        new("haproxy", "a real balancer for the tests", () => File.Exists("/usr/sbin/haproxy")),
        new("chromium", "a real browser for the dashboard's tests", () => File.Exists("/usr/bin/chromium")),
    ];

    /// <summary>What <c>up</c> needs.</summary>
    public static Task ToRun() => Install([.. ForRunning]);

    /// <summary>What <c>publish</c> needs.</summary>
    public static Task ToPublish(bool asStatic) =>
        Install([.. ForRunning.Where(n => n.Package != "postgresql"), .. asStatic ? ForStatic : []]);

    /// <summary>What <c>test</c> needs.</summary>
    public static Task ToTest() => Install([.. ForRunning, .. ForStatic, .. ForTests]);

    private static bool HasPostgres() =>
        Directory.Exists("/usr/lib/postgresql")
        && Directory.EnumerateDirectories("/usr/lib/postgresql").Any(d => File.Exists(Path.Combine(d, "bin", "postgres")));

    private static bool HasSecp256k1() =>
        new[] { "/usr/lib", "/usr/lib64", "/usr/local/lib" }.Where(Directory.Exists)
            .SelectMany(d => Directory.EnumerateFiles(
                d, "libsecp256k1.so*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })).Any();

    private static async Task Install(Need[] needs)
    {
        var missing = needs.Where(n => !n.IsThere()).ToList();
        if (missing.Count == 0) return;

        foreach (var need in missing) Console.WriteLine($"  missing: {need.Package} ({need.Why})");
        var command = $"apt-get install -y --no-install-recommends {string.Join(' ', missing.Select(n => n.Package))}";
        if (!OperatingSystem.IsLinux() || Shell.Find("apt-get") is null)
            throw new BuildFailedException($"this system has no apt-get; install the above yourself (Debian: {command})", 2);

        string[] prefix = Environment.IsPrivilegedProcess ? [] : ["sudo"];
        if (prefix.Length > 0 && Shell.Find("sudo") is null)
            throw new BuildFailedException($"not root, and no sudo: run as root: {command}", 2);

        Console.WriteLine($"  {string.Join(' ', prefix)} {command}");
        await DisableMainCluster(missing, prefix);
        await Apt(prefix, "update", "-q");
        await Apt(prefix, ["install", "-y", "-q", "--no-install-recommends", .. missing.Select(n => n.Package)]);

        var still = missing.Where(n => !n.IsThere()).Select(n => n.Package).ToList();
        if (still.Count > 0) throw new BuildFailedException($"installed, yet not found: {string.Join(", ", still)}");
    }

    /// <summary>The backoffice starts its own instance: Debian's main cluster would only take port 5432 and memory.</summary>
    private static async Task DisableMainCluster(List<Need> missing, string[] prefix)
    {
        const string Folder = "/etc/postgresql-common";
        if (missing.All(n => n.Package != "postgresql") || File.Exists($"{Folder}/createcluster.conf")) return;

        string[] command =
            [.. prefix, "sh", "-c", $"mkdir -p {Folder} && echo 'create_main_cluster = false' > {Folder}/createcluster.conf"];
        await Shell.Quiet("preparing postgresql-common", command[0], command[1..]);
    }

    private static Task Apt(string[] prefix, params string[] arguments)
    {
        string[] command = [
            .. prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "Dpkg::Options::=--force-confold", .. arguments];
        return Shell.Quiet("apt-get", command[0], command[1..]);
    }
}
