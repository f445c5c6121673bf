using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Viddhana.Backoffice.Accounts;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>Access tokens and their keys, TOTP, limits of attempts and requests: without a server.</summary>
public sealed class TokenTests
{
    private TemporaryFolder _folder = null!;
    private TestClock _clock = null!;
    private TokenKeys _keys = null!;
    private AccessTokens _tokens = null!;

    [SetUp]
    public void Prepare()
    {
        (_folder, _clock) = (new TemporaryFolder(), new TestClock());
        _keys = new TokenKeys(_folder.Path, _clock);
        _tokens = new AccessTokens(_keys, _clock);
    }

    [TearDown]
    public void CleanUp() => _folder.Dispose();

    [Test]
    public void A_token_says_whose_session_it_is_for_fifteen_minutes()
    {
        var text = _tokens.Issue(12, 34);
        Assert.That(_tokens.Read(text, out var token), Is.EqualTo(TokenState.Good));
        Assert.That((token.LoginId, token.SessionId, token.ExpiresAt), Is.EqualTo((12, 34, _clock.GetUtcNow().AddMinutes(15))));
        _clock.Advance(TimeSpan.FromMinutes(15));
        Assert.That(_tokens.Read(text, out _), Is.EqualTo(TokenState.Expired));
    }

    [Test]
    public void Every_change_of_a_token_breaks_it()
    {
        var text = _tokens.Issue(12, 34);
        for (var i = 0; i < text.Length; i++)
        {
            foreach (var with in (char[])['A', 'b', '.', '=', ' ', '\0'])
            {
                if (text[i] != with)
                    Assert.That(_tokens.Read(text[..i] + with + text[(i + 1)..], out _), Is.EqualTo(TokenState.Broken), $"{i} {with}");
            }

            Assert.That(_tokens.Read(text[..i], out _), Is.EqualTo(TokenState.Broken), $"cut at {i}");
        }

        Assert.That(_tokens.Read(text + "A", out _), Is.EqualTo(TokenState.Broken));
        Assert.That(_tokens.Read(text + "=", out _), Is.EqualTo(TokenState.Broken));
    }

    [TestCase("""{"alg":"none","typ":"JWT"}""")]
    [TestCase("""{"alg":"HS256","typ":"JWT"}""")]
    [TestCase("""{"alg":"HS512","typ":"JWT","kid":"KID"}""")]
    [TestCase("""{"typ":"JWT","alg":"HS256","kid":"KID"}""")]
    [TestCase("""{"alg":"HS256","typ":"JWT","kid":"KID" }""")]
    [TestCase("""{"alg":"HS256","typ":"JWT","kid":"../../../dev/null"}""")]
    public void No_header_but_our_own_is_taken_however_well_it_is_signed(string header)
    {
        var key = _keys.Newest;
        var payload = _tokens.Issue(12, 34).Split('.')[1];
        var signed = $"{Encode(header.Replace("KID", key.Id, StringComparison.Ordinal))}.{payload}";
        foreach (var signature in (string[])["", Base64Url.EncodeToString(HMACSHA256.HashData(key.Secret, Encoding.UTF8.GetBytes(signed)))])
            Assert.That(_tokens.Read($"{signed}.{signature}", out _), Is.EqualTo(TokenState.Broken), header);

        static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    [Test]
    public void Keys_rotate_without_signing_anyone_out_and_old_ones_end()
    {
        var before = _tokens.Issue(12, 34);
        var other = new TokenKeys(_folder.Path, _clock);
        File.SetLastWriteTimeUtc(Path.Combine(_folder.Path, "keys", "access.keys"), DateTime.UtcNow.AddMinutes(-1));
        Assert.That(_tokens.Read(before, out _), Is.EqualTo(TokenState.Good));
        var made = other.Rotate();
        Assert.That(_keys.Newest.Id, Is.EqualTo(made.Id), "what another process did is seen");
        Assert.That(_tokens.Read(before, out _), Is.EqualTo(TokenState.Good));
        var after = _tokens.Issue(12, 34);
        Assert.That(new AccessTokens(other, _clock).Read(after, out _), Is.EqualTo(TokenState.Good), "one file, one key");

        _clock.Advance(TimeSpan.FromMinutes(17));
        Assert.That(_keys.Find(before.Split('.')[0]), Is.Null);
        other.Rotate();
        Assert.That(File.ReadAllLines(Path.Combine(_folder.Path, "keys", "access.keys")), Has.Length.EqualTo(2), "the first is forgotten");
    }

    [Test]
    public void Secrets_are_for_the_programs_user_alone()
    {
        _ = new AccountSecrets(_folder.Path);
        var keys = Path.Combine(_folder.Path, "keys");
        Assert.That(File.GetUnixFileMode(keys), Is.EqualTo((UnixFileMode)0b111_000_000));
        foreach (var file in Directory.GetFiles(keys))
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo((UnixFileMode)0b110_000_000), file);
        Assert.That(Directory.GetFiles(keys), Has.Length.EqualTo(2));
    }

    [Test]
    public void A_sealed_secret_opens_for_its_login_alone()
    {
        var secrets = new AccountSecrets(_folder.Path);
        var box = secrets.Seal([1, 2, 3], 7);
        Assert.That(new AccountSecrets(_folder.Path).Open(box, 7), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(() => secrets.Open(box, 8), Throws.InstanceOf<CryptographicException>());
        box[^1] ^= 1;
        Assert.That(() => secrets.Open(box, 7), Throws.InstanceOf<CryptographicException>());
    }

    // RFC 6238, appendix B, of whose eight digits apps show the last six.
    [TestCase(59, "287082")]
    [TestCase(1_111_111_109, "081804")]
    [TestCase(1_111_111_111, "050471")]
    [TestCase(1_234_567_890, "005924")]
    [TestCase(2_000_000_000, "279037")]
    [TestCase(20_000_000_000, "353130")]
    public void Codes_are_those_of_RFC_6238(long seconds, string code)
    {
        var secret = "12345678901234567890"u8.ToArray();
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        Assert.That(Totp.Code(secret, Totp.Step(time)), Is.EqualTo(code));
        Assert.That(Totp.StepOf(secret, code, time, lastStep: 0), Is.EqualTo(Totp.Step(time)));
        Assert.That(Totp.StepOf(secret, code, time, lastStep: Totp.Step(time)), Is.Null, "used");
        Assert.That(Totp.StepOf(secret, code, time.AddSeconds(90), lastStep: 0), Is.Null, "too old");
        Assert.That(Totp.ToBase32("foobar"u8), Is.EqualTo("MZXW6YTBOI"), "RFC 4648");
    }

    [Test]
    public void Failures_are_forgotten_after_a_quiet_hour_and_by_success()
    {
        var limits = new AttemptLimits(_clock);
        for (var i = 0; i < 7; i++) limits.Fail("a", TimeSpan.FromMinutes(15));
        Assert.That(limits.Wait("b", "a"), Is.EqualTo(TimeSpan.FromSeconds(4)), "the longest of all");
        limits.Succeed("a");
        Assert.That(limits.Wait("a"), Is.Null);
        for (var i = 0; i < 30; i++) limits.Fail("a", TimeSpan.FromMinutes(15));
        Assert.That(limits.Wait("a"), Is.EqualTo(TimeSpan.FromMinutes(15)), "never longer");
        _clock.Advance(TimeSpan.FromHours(1));
        limits.Fail("a", TimeSpan.FromMinutes(15));
        Assert.That(limits.Wait("a"), Is.Null, "the first again");
    }
}
