using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastHyper.Backends;
using FastHyper.Experiments;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Native;

internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "fh_problem_create", CallConvs = [typeof(CallConvCdecl)])]
    public static int CreateProblem(byte* name, MdpDescription* mdp, nint* problem)
    {
        try
        {
            Out(problem) = 0;
            *problem = Handles.Add(Models.Create(name is null ? "problem" : Models.Text(name), ref Out(mdp)));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_game_create", CallConvs = [typeof(CallConvCdecl)])]
    public static int CreateGame(byte* name, GameDescription* game, nint* problem)
    {
        try
        {
            Out(problem) = 0;
            *problem = Handles.Add(Models.Create(name is null ? "game" : Models.Text(name), ref Out(game)));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_problem_open", CallConvs = [typeof(CallConvCdecl)])]
    public static int OpenProblem(byte* what, byte* settings, nint* problem)
    {
        try
        {
            Out(problem) = 0;
            *problem = Handles.Add(Models.Open(Models.Text(what), Models.Text(settings)));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_problem_describe", CallConvs = [typeof(CallConvCdecl)])]
    public static int DescribeProblem(nint problem, ProblemInfo* info)
    {
        try
        {
            Out(info) = Models.Describe(Handles.Get<Model>(problem).Problem);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_problem_notice", CallConvs = [typeof(CallConvCdecl)])]
    public static int GetNotice(nint problem, long index, byte* text, long size)
    {
        try
        {
            IReadOnlyList<string> notices = Handles.Get<Model>(problem).Problem.Notices;
            if ((ulong)index >= (ulong)notices.Count) throw new InvalidInputException($"notice {index}; expected one of {notices.Count}");
            Copy(notices[(int)index], text, size);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_problem_transitions", CallConvs = [typeof(CallConvCdecl)])]
    public static int GetTransitions(nint problem, StridedArray* offsets, StridedArray* columns, StridedArray* values)
    {
        try
        {
            SparseMatrix matrix = Handles.Get<Model>(problem).Problem.Transitions.CopyMatrix();
            matrix.Offsets.CopyTo(Out(offsets).Plain<long>("indptr", ElementType.Int64, matrix.Offsets.Length));
            matrix.Columns.CopyTo(Out(columns).Plain<int>("indices", ElementType.Int32, matrix.EntryCount));
            matrix.Values.CopyTo(Out(values).Plain<double>("data", ElementType.Float64, matrix.EntryCount));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_problem_initial_x", CallConvs = [typeof(CallConvCdecl)])]
    public static int GetInitialX(nint problem, ulong seed, StridedArray* x)
    {
        try
        {
            FiniteProblem of = Handles.Get<Model>(problem).Problem;
            double[] parameters = new double[of.ParameterCount];
            of.InitialParameters(seed, parameters);
            Out(x).RequireShape("x", "(P)", parameters.Length);
            x->Write("x", parameters);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_gradient", CallConvs = [typeof(CallConvCdecl)])]
    public static int EstimateGradient(
        nint backend, nint problem, GradientOptions* options, StridedArray* x, StridedArray* direct, StridedArray* response,
        StridedArray* standardError, double* objective)
    {
        try
        {
            Device device = Handles.Get<Device>(backend);
            FiniteProblem at = Handles.Get<Model>(problem).At(x is null ? default : *x);
            using Device.Session session = device.Enter();
            GradientEstimate estimate = Estimators.Estimate(device, at, Out(options), session.Monitor());
            WriteVector("direct", direct, estimate.Direct);
            WriteVector("response", response, estimate.Response);
            double[] none = [.. Enumerable.Repeat(double.NaN, estimate.Direct.Length)];
            WriteVector("standard_error", standardError, estimate.StandardError ?? none);
            if (objective is not null) *objective = estimate.Objective;
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_fit", CallConvs = [typeof(CallConvCdecl)])]
    public static int Fit(
        nint backend, nint problem, StridedArray* counts, int maxSteps, double tolerance, StridedArray* x, StridedArray* standardError,
        StridedArray* covariance, double* logLikelihood, int* converged)
    {
        try
        {
            Device device = Handles.Get<Device>(backend);
            FiniteProblem of = Handles.Get<Model>(problem).Problem;
            Out(counts).RequireShape("counts", "(S, A)", of.Transitions.States, of.Transitions.Actions);
            using Device.Session session = device.Enter();
            MaximumLikelihood fit = MaximumLikelihood.Fit(
                of, new LogLikelihoodObjective(counts->ToDoubles()), device.Backend,
                new MaximumLikelihoodOptions { MaxSteps = maxSteps, Tolerance = tolerance }, session.Monitor());
            WriteVector("x", x, fit.X);
            WriteVector("standard_error", standardError, fit.StandardErrors);
            if (covariance is not null)
            {
                covariance->RequireShape("covariance", "(P, P)", fit.X.Length, fit.X.Length);
                covariance->Write("covariance", fit.Covariance);
            }

            if (logLikelihood is not null) *logLikelihood = fit.LogLikelihood;
            if (converged is not null) *converged = fit.Converged ? 1 : 0;
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    private static void WriteVector(string name, StridedArray* target, double[] numbers)
    {
        if (target is null) return;
        target->RequireShape(name, "(P)", numbers.Length);
        target->Write(name, numbers);
    }
}
