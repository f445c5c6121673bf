using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>Signing in with a wallet, claims, and proofs of ownership.</summary>
public sealed class WalletSignInTests
{
    private static readonly TestWallet Wallet = new(7, CoinDefinitions.Get("bitcoin")!.Networks["regtest"]);
    private static readonly TestWallet Other = new(8, CoinDefinitions.Get("bitcoin")!.Networks["regtest"]);

    private TestHost _host = null!;

    private HttpClient Client => _host.As();

    [OneTimeSetUp]
    public async Task Start() => _host = await TestHost.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [SetUp]
    public void LetFailuresBeForgotten() => _host.Clock.Advance(TimeSpan.FromHours(2));

    [Test]
    public async Task An_address_signs_in_and_owns_its_account()
    {
        var challenge = await ChallengeAsync(Wallet.P2wpkh, "login");
        Assert.That(challenge["message"], Does.StartWith($"127.0.0.1:{new Uri(_host.Address).Port}: sign in as {Wallet.P2wpkh} (id "));
        Assert.That(challenge["message"], Has.Length.LessThanOrEqualTo(240).And.Matches("^[ -~]+$"));

        var signedIn = await SignInAsync(challenge, Wallet.SignBitcoin(challenge["message"]));
        Assert.That(signedIn.Status, Is.EqualTo(HttpStatusCode.OK), signedIn.Body.ToString());
        Assert.That(signedIn.Body.GetProperty("login").GetProperty("kind").GetString(), Is.EqualTo("wallet"));
        var accounts = await _host.As(signedIn["accessToken"]).Get("/api/v1/me/accounts");
        Assert.That(accounts.Body.GetProperty("items")[0].GetProperty("name").GetString(), Is.EqualTo(Wallet.P2wpkh));

        var again = await SignInAsync(challenge, Wallet.SignBitcoin(challenge["message"]));
        Assert.That((again.Status, again.Code), Is.EqualTo((HttpStatusCode.Unauthorized, "challenge-expired")), "good once");
    }

    [Test]
    public async Task Of_many_who_use_the_same_at_once_one_succeeds()
    {
        var challenge = await ChallengeAsync(Wallet.P2wpkh, "login");
        var signature = Wallet.SignBitcoin(challenge["message"]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => SignInAsync(challenge, signature)));
        Assert.That(answers.Count(answer => answer.Status == HttpStatusCode.OK), Is.EqualTo(1), "one challenge");

        var refresh = answers.Single(answer => answer.Status == HttpStatusCode.OK).Refresh;
        var again = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Client.WithCookie("/api/v1/auth/refresh", refresh)));
        Assert.That(again.Count(answer => answer.Status == HttpStatusCode.OK), Is.EqualTo(1), "one refresh token");
        var newest = again.FirstOrDefault(answer => answer.Status == HttpStatusCode.OK)?.Refresh;
        var after = await Client.WithCookie("/api/v1/auth/refresh", newest);
        Assert.That(after.Code, Is.EqualTo("refresh-expired"), "and the session is over");
    }

    [Test]
    public async Task Every_kind_of_address_signs_in_and_capitals_are_the_same_login()
    {
        foreach (var (address, sign) in new (string, Func<string, string>)[]
        {
            (Wallet.P2pkh, message => Wallet.SignBitcoin(message)),
            (Wallet.P2sh, message => Wallet.SignBitcoin(message)),
            (Wallet.P2tr, message => Wallet.SignTaproot(Parse(Wallet.P2tr), message)),
            (Wallet.P2wpkh.ToUpperInvariant(), message => Wallet.SignSegwit(Parse(Wallet.P2wpkh), message)),
            ("0x" + Wallet.Evm[2..].ToUpperInvariant(), message => Wallet.SignEthereum(message)),
        })
        {
            var challenge = await ChallengeAsync(address, "login");
            var signedIn = await SignInAsync(challenge, sign(challenge["message"]));
            Assert.That(signedIn.Status, Is.EqualTo(HttpStatusCode.OK), address);
            var name = signedIn.Body.GetProperty("login").GetProperty("name").GetString();
            Assert.That(name, Is.EqualTo(address).IgnoreCase, address);
            if (address.StartsWith("BCRT", StringComparison.Ordinal)) Assert.That(name, Is.EqualTo(Wallet.P2wpkh));
        }
    }

    [Test]
    public async Task A_challenge_ends_with_its_time_its_tries_and_its_purpose()
    {
        var late = await ChallengeAsync(Wallet.P2wpkh, "login");
        _host.Clock.Advance(Challenges.Lifetime);
        Assert.That((await SignInAsync(late, Wallet.SignBitcoin(late["message"]))).Code, Is.EqualTo("challenge-expired"));

        var tried = await ChallengeAsync(Wallet.P2wpkh, "login");
        for (var i = 0; i < 5; i++) Assert.That((await SignInAsync(tried, "AAAA")).Code, Is.EqualTo("signature-refused"));
        _host.Clock.Advance(TimeSpan.FromMinutes(1));
        var over = await SignInAsync(tried, Wallet.SignBitcoin(tried["message"]));
        Assert.That(over.Code, Is.EqualTo("challenge-expired"), "tried too often");

        LetFailuresBeForgotten();
        var claim = await ChallengeAsync(Wallet.P2wpkh, "claim");
        var other = await SignInAsync(claim, Wallet.SignBitcoin(claim["message"]));
        Assert.That(other.Code, Is.EqualTo("challenge-expired"), "made for a claim");

        var foreign = await ChallengeAsync(Wallet.P2wpkh, "login");
        Assert.That((await SignInAsync(foreign, Other.SignBitcoin(foreign["message"]))).Code, Is.EqualTo("signature-refused"));
        var unknown = await Client.Post("/api/v1/auth/wallet", new { challengeId = "x", signature = "y" });
        Assert.That(unknown.Code, Is.EqualTo("challenge-expired"));
    }

    [TestCase("", "login", null, "address-invalid")]
    [TestCase("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081", "login", null, "address-invalid")]
    [TestCase("bc1qannfxke2tfd4l7vhepehpvt05y83v3qsf6nfkk", "login", null, "address-invalid")]
    [TestCase("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "buy", null, "purpose-unknown")]
    [TestCase("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "login", "x", "detail-invalid")]
    [TestCase("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "payout-settings", null, "detail-invalid")]
    [TestCase("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "payout-settings", "pay\nto me", "detail-invalid")]
    public async Task A_challenge_that_makes_no_sense_is_not_made(string address, string purpose, string? detail, string code)
    {
        var answer = await Client.Post("/api/v1/auth/challenge", new { address, purpose, detail });
        Assert.That((answer.Status, answer.Code), Is.EqualTo((HttpStatusCode.BadRequest, code)));
    }

    [Test]
    public async Task An_address_is_claimed_by_its_signature_alone()
    {
        var (token, loginId, _) = await _host.SignInAsync(Role.Miner);
        var client = _host.As(token);
        var login = await ChallengeAsync(Other.P2wpkh, "login");
        var forLogin = new { challengeId = login["challengeId"], signature = Other.SignBitcoin(login["message"]) };
        var wrong = await client.Post("/api/v1/me/accounts", forLogin);
        Assert.That((wrong.Status, wrong.Code), Is.EqualTo((HttpStatusCode.Forbidden, "challenge-expired")));

        var challenge = await ChallengeAsync(Other.P2wpkh, "claim");
        var body = new { challengeId = challenge["challengeId"], signature = Other.SignBitcoin(challenge["message"]) };
        var claimed = await client.Post("/api/v1/me/accounts", body);
        Assert.That(claimed.Status, Is.EqualTo(HttpStatusCode.Created), claimed.Body.ToString());
        Assert.That((await client.Post("/api/v1/me/accounts", body)).Code, Is.EqualTo("challenge-expired"));

        var claims = _host.Services.GetRequiredService<Claims>();
        var mine = (await claims.OfAsync(loginId)).Single();
        Assert.That((mine.Name, mine.IsAddress), Is.EqualTo((Other.P2wpkh, true)));
        var caller = new Caller(loginId, "x", Role.Miner, Scopes.Read, false, false);
        Assert.That(await claims.OwnsAsync(caller, mine.AccountId));
        Assert.That(await claims.OwnsAsync(caller with { LoginId = loginId + 1 }, mine.AccountId), Is.False);
        Assert.That(await claims.FindAsync(caller, Other.P2wpkh.ToUpperInvariant()), Is.Not.Null);

        var path = $"/api/v1/me/accounts/{Other.P2wpkh}";
        Assert.That((await client.Send(HttpMethod.Delete, path)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await claims.OwnsAsync(caller, mine.AccountId), Is.False);
        Assert.That((await client.Send(HttpMethod.Delete, path)).Code, Is.EqualTo("no-account"));
    }

    [Test]
    public async Task A_payment_is_decided_by_a_signature_of_the_address_paid_now_for_that_very_detail()
    {
        const string Detail = "bitcoin regtest: pay to bcrt1qnew, from 0.01";
        var login = await ChallengeAsync(Wallet.P2wpkh, "login");
        var signedIn = await SignInAsync(login, Wallet.SignBitcoin(login["message"]));
        var loginId = signedIn.Body.GetProperty("login").GetProperty("id").GetInt64();
        var caller = new Caller(loginId, "x", Role.Miner, Scopes.Read | Scopes.Write, false, false);
        var account = (await _host.Services.GetRequiredService<Claims>().OfAsync(loginId)).Single();
        var subject = new ProofSubject(account.AccountId, "bitcoin", "regtest");
        var proofs = _host.Services.GetRequiredService<OwnershipProof>();
        Assert.That(await proofs.NeedOfAsync(subject), Is.EqualTo(new ProofNeed("signature", Wallet.P2wpkh)));

        async Task<string> TryAsync(TestWallet signer, string asked, string done, Caller by)
        {
            var made = await ChallengeAsync(signer.P2wpkh, "payout-settings", asked);
            Assert.That(made["message"], Does.Contain(asked), "the signer reads what is decided");
            var proof = new Proof(made["challengeId"], signer.SignBitcoin(made["message"]), null, null);
            var result = await proofs.CheckAsync(by, subject, proof, "payout-settings", done);
            var twice = await proofs.CheckAsync(by, subject, proof, "payout-settings", done);
            Assert.That(twice.IsGood, Is.False, "good once");
            return result.IsGood ? "good" : result.Code;
        }

        Assert.That(await TryAsync(Wallet, Detail, Detail, caller), Is.EqualTo("good"));
        Assert.That(await TryAsync(Wallet, Detail, Detail + "0", caller), Is.EqualTo("challenge-expired"), "signed for another amount");
        Assert.That(await TryAsync(Other, Detail, Detail, caller), Is.EqualTo("wrong-signer"));
        Assert.That(await TryAsync(Wallet, Detail, Detail, caller with { LoginId = loginId + 1000 }), Is.EqualTo("not-yours"));
        Assert.That((await proofs.CheckAsync(caller, subject, null, "payout-settings", Detail)).Code, Is.EqualTo("proof-missing"));

        await using var connection = await _host.Database.OpenConnectionAsync();
        await connection.RunAsync(
            "UPDATE payout_addresses SET address = $2 WHERE account_id = $1", [account.AccountId, Other.P2wpkh], CancellationToken.None);
        Assert.That(await TryAsync(Wallet, Detail, Detail, caller), Is.EqualTo("wrong-signer"), "another address is paid now");
        Assert.That(await TryAsync(Other, Detail, Detail, caller), Is.EqualTo("good"));
    }

    private async Task<Answer> ChallengeAsync(string address, string purpose, string? detail = null)
    {
        var answer = await Client.Post("/api/v1/auth/challenge", new { address, purpose, detail });
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body.ToString());
        return answer;
    }

    private Task<Answer> SignInAsync(Answer challenge, string signature) =>
        Client.Post("/api/v1/auth/wallet", new { challengeId = challenge["challengeId"], signature });

    private WalletAddress Parse(string address) => WalletAddress.Parse(address, _host.Pools.All, out _)!;
}
