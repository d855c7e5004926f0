import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.interceptor.api.IInterceptorBroadcaster;
import ca.uhn.fhir.interceptor.executor.InterceptorService;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.rest.api.server.cdshooks.CdsServiceRequestJson;
import ca.uhn.hapi.fhir.cdshooks.api.CDSHooksVersion;
import ca.uhn.hapi.fhir.cdshooks.api.CdsService;
import ca.uhn.hapi.fhir.cdshooks.api.CdsServiceFeedback;
import ca.uhn.hapi.fhir.cdshooks.api.CdsServicePrefetch;
import ca.uhn.hapi.fhir.cdshooks.api.ICdsHooksDaoAuthorizationSvc;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceFeedbackJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceIndicatorEnum;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseCardJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseCardSourceJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseLinkJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseSuggestionJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServicesJson;
import ca.uhn.hapi.fhir.cdshooks.config.CdsHooksConfig;
import ca.uhn.hapi.fhir.cdshooks.controller.CdsHooksController;
import ca.uhn.hapi.fhir.cdshooks.module.CdsHooksObjectMapperFactory;
import ca.uhn.hapi.fhir.cdshooks.svc.CdsHooksContextBooter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Patient;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.support.AnnotationConfigWebApplicationContext;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;

/**
 * HAPI's CDS Hooks on a free loopback port, with one service that counts what it was sent. Prints its base URL as the
 * one line of standard output when it is ready, and ends when standard input closes.
 *
 * Below /read it takes what another service has answered (discovery, cards, feedback), and says with HAPI's own classes
 * what it makes of it: the reader of a client that this project did not write.
 */
@Configuration
@EnableWebMvc
@Import(CdsHooksConfig.class)
public class CdsHooksForTests {

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    try {
      var context = new AnnotationConfigWebApplicationContext();
      context.register(CdsHooksForTests.class);
      Server server = new Server();
      ServerConnector connector = new ServerConnector(server);
      connector.setHost("127.0.0.1");
      server.addConnector(connector);
      ServletContextHandler root = new ServletContextHandler();
      ServletHolder holder = new ServletHolder(new DispatcherServlet(context));
      holder.setInitOrder(1);
      root.addServlet(holder, "/*");
      server.setHandler(root);
      server.start();
      answers.println("http://127.0.0.1:" + connector.getLocalPort() + "/fhir");
      answers.flush();
      System.in.transferTo(OutputStream.nullOutputStream());
      Runtime.getRuntime().halt(0);
    } catch (Throwable problem) {
      problem.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  @Bean
  public FhirContext fhirContext() {
    return FhirContext.forR4();
  }

  @Bean
  public DaoRegistry daoRegistry(FhirContext context) {
    return new DaoRegistry(context);
  }

  @Bean
  public IInterceptorBroadcaster interceptors() {
    return new InterceptorService();
  }

  @Bean
  public CDSHooksVersion version() {
    return CDSHooksVersion.V_2_0;
  }

  @Bean
  public ICdsHooksDaoAuthorizationSvc everybodyMay() {
    return resource -> {};
  }

  @Bean
  public CdsHooksContextBooter booter() {
    var booter = new CdsHooksContextBooter();
    booter.setDefinitionsClass(Services.class);
    booter.start();
    return booter;
  }

  @Bean
  public CdsHooksController controller(ca.uhn.hapi.fhir.cdshooks.api.ICdsServiceRegistry registry) {
    return new CdsHooksController(registry);
  }

  @Configuration
  public static class Services {
    @Bean(name = "cdsServices")
    public List<Object> cdsServices() {
      return List.of(new Counting());
    }
  }

  /** Says in its cards what came with the call. */
  public static class Counting {
    @CdsService(
        value = "counting",
        hook = "patient-view",
        title = "Counting",
        description = "Counts what it was sent.",
        prefetch = {
          @CdsServicePrefetch(value = "patient", query = "Patient/{{context.patientId}}"),
          @CdsServicePrefetch(value = "problems", query = "Condition?patient={{context.patientId}}"),
          @CdsServicePrefetch(value = "medicines", query = "MedicationRequest?patient={{context.patientId}}")
        })
    public CdsServiceResponseJson count(CdsServiceRequestJson request) {
      var patient = (Patient) request.getPrefetch("patient");
      var response = new CdsServiceResponseJson();
      var suggestion = new CdsServiceResponseSuggestionJson();
      suggestion.setLabel("Order potassium").setUuid("s1");
      var card = new CdsServiceResponseCardJson();
      card.setUuid("c1");
      card.setSummary(patient.getIdElement().getIdPart() + ", born " + patient.getBirthDateElement().getValueAsString());
      card.setDetail(size(request.getPrefetch("problems")) + " problems, " + size(request.getPrefetch("medicines"))
          + " medicines, " + patient.getName().size() + " names");
      card.setIndicator(CdsServiceIndicatorEnum.WARNING);
      card.setSource(new CdsServiceResponseCardSourceJson().setLabel("HAPI").setUrl("https://hapifhir.example"));
      card.addSuggestion(suggestion);
      card.setLinks(List.of(new CdsServiceResponseLinkJson().setLabel("More").setUrl("https://hapifhir.example/more")
          .setType("absolute")));
      response.addCard(card);
      return response;
    }

    @CdsServiceFeedback("counting")
    public String feedback(CdsServiceFeedbackJson feedback) {
      return "{}";
    }

    private static int size(IBaseResource resource) {
      return resource instanceof Bundle bundle ? bundle.getEntry().size() : 0;
    }
  }

  /** Reads with HAPI's classes what another service has answered; what they do not take is a 400 or 500. */
  @RestController
  public static class Reader {
    private final ObjectMapper mapper;

    Reader(FhirContext context) {
      mapper = new CdsHooksObjectMapperFactory(context).newMapper();
    }

    @PostMapping(path = "/read/{what}", consumes = "*/*", produces = "application/json")
    public ResponseEntity<String> read(@PathVariable("what") String what, @RequestBody byte[] body) throws Exception {
      Class<?> type = switch (what) {
        case "discovery" -> CdsServicesJson.class;
        case "cards" -> CdsServiceResponseJson.class;
        default -> CdsServiceFeedbackJson.class;
      };
      return ResponseEntity.ok(mapper.writeValueAsString(mapper.readValue(body, type)));
    }
  }
}
